/** A storage over another one in which a test can hold, fail or count the calls. */

import { StorageError } from '../../../web/storage/storage.ts';
import type {
  ManifestSwitch,
  SnapshotTarget,
  Storage,
  StorageUsage,
  StoredFacts,
  Sync,
} from '../../../web/storage/storage.ts';

export interface Append {
  readonly frames: readonly Uint8Array[];
  readonly firstLsn: bigint;
  readonly sync: Sync;
}

export class FaultyStorage implements Storage {
  readonly medium: Storage['medium'];
  readonly separateDump: boolean;
  onlost: ((error: StorageError) => void) | null = null;
  readonly #inner: Storage;
  readonly appends: Append[] = [];
  /** Runs before each append; may wait, may throw. */
  beforeAppend: (append: Append) => Promise<void> | void = () => undefined;
  /** Runs after each append was done; throwing makes its outcome unknown to the caller. */
  afterAppend: (append: Append) => Promise<void> | void = () => undefined;
  /** Runs before each call that writes; may throw. `count` counts them from 1. */
  beforeWrite: (name: string, count: number) => void = () => undefined;
  writes = 0;

  constructor(inner: Storage) {
    this.#inner = inner;
    this.medium = inner.medium;
    this.separateDump = inner.separateDump;
  }

  /** From the n-th write on, every call fails and nothing is written: the process is dead. */
  dieAtWrite(n: number): void {
    this.beforeWrite = (name, count) => {
      if (count >= n)
        throw new StorageError('STORAGE_LOST', `dead at write ${n} (${name})`, { final: true });
    };
  }

  open(): Promise<StoredFacts> {
    return this.#inner.open();
  }

  async commitManifest(next: ManifestSwitch): Promise<void> {
    this.#write('commitManifest');
    await this.#inner.commitManifest(next);
  }

  async append(frames: readonly Uint8Array[], firstLsn: bigint, sync: Sync): Promise<void> {
    const append = { frames, firstLsn, sync };
    this.appends.push(append);
    await this.beforeAppend(append);
    this.#write('append');
    await this.#inner.append(frames, firstLsn, sync);
    await this.afterAppend(append);
  }

  isOvertaken(nextLsn: bigint): Promise<boolean> {
    return this.#inner.isOvertaken(nextLsn);
  }

  async startSegment(nextLsn: bigint): Promise<void> {
    this.#write('startSegment');
    await this.#inner.startSegment(nextLsn);
  }

  readLog(fromLsn: bigint): AsyncIterable<Uint8Array> {
    return this.#inner.readLog(fromLsn);
  }

  async cutLog(fromLsn: bigint, offset: number, reason: string): Promise<number> {
    this.#write('cutLog');
    return this.#inner.cutLog(fromLsn, offset, reason);
  }

  async trimLog(beforeLsn: bigint, keep: (frame: Uint8Array) => boolean): Promise<void> {
    this.#write('trimLog');
    await this.#inner.trimLog(beforeLsn, keep);
  }

  async writeSnapshot(
    target: SnapshotTarget,
    first: number,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    this.#write('writeSnapshot');
    await this.#inner.writeSnapshot(target, first, chunks);
  }

  async sealSnapshot(target: SnapshotTarget): Promise<void> {
    this.#write('sealSnapshot');
    await this.#inner.sealSnapshot(target);
  }

  async publishDump(): Promise<void> {
    this.#write('publishDump');
    await this.#inner.publishDump();
  }

  readSnapshot(target: SnapshotTarget): AsyncIterable<Uint8Array> {
    return this.#inner.readSnapshot(target);
  }

  listSnapshots(): Promise<number[]> {
    return this.#inner.listSnapshots();
  }

  async deleteSnapshot(target: SnapshotTarget): Promise<void> {
    this.#write('deleteSnapshot');
    await this.#inner.deleteSnapshot(target);
  }

  quarantine(bytes: Uint8Array, reason: string): Promise<void> {
    return this.#inner.quarantine(bytes, reason);
  }

  probe(bytes: number): Promise<void> {
    return this.#inner.probe(bytes);
  }

  usage(): Promise<StorageUsage> {
    return this.#inner.usage();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #write(name: string): void {
    this.beforeWrite(name, ++this.writes);
  }
}

/** A gate for promises: `hold()` makes passers wait until `open()`. */
export class Gate {
  #waiting: (() => void)[] = [];
  #isHeld = false;

  hold(): void {
    this.#isHeld = true;
  }

  open(): void {
    this.#isHeld = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  pass(): Promise<void> {
    return this.#isHeld ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
}
