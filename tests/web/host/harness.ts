/** Stores over a memory disk, with time in the test's hand and a client that speaks RESP. */

import { Pipeline } from '../../../web/client/pipeline.ts';
import { engineMaker } from '../../../web/engine/load-node.ts';
import { WadictError } from '../../../web/errors.ts';
import { Host } from '../../../web/host/host.ts';
import type { HostOptions } from '../../../web/host/host.ts';
import { MemoryDisk, MemoryStorage } from '../../../web/storage/memory-storage.ts';
import type { Transport } from '../../../web/transport.ts';
import { FaultyStorage } from '../storage/faulty-storage.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { SpiedEngine } from './spied-engine.ts';
import type { Faults } from './spied-engine.ts';

export class Session {
  readonly transport: Transport;
  readonly #pipeline: Pipeline;

  constructor(host: Host) {
    this.transport = host.connect();
    this.#pipeline = new Pipeline(this.transport);
  }

  call(...argv: string[]): Promise<unknown> {
    const label = { command: argv[0] as string, key: undefined };
    return this.#pipeline.call(argv, label, false, (reply) => reply);
  }

  /** All of them in one turn, so in one message. */
  all(...calls: string[][]): Promise<unknown[]> {
    return Promise.all(calls.map((argv) => this.call(...argv)));
  }
}

export interface Store {
  readonly host: Host;
  readonly session: Session;
  readonly storage: FaultyStorage;
  readonly scheduler: ManualScheduler;
  readonly disk: MemoryDisk;
  readonly engines: SpiedEngine[];
}

export interface StoreOptions extends Partial<
  Omit<HostOptions, 'storage' | 'scheduler' | 'engine'>
> {
  readonly disk?: MemoryDisk;
  readonly scheduler?: ManualScheduler;
  readonly faults?: Faults;
}

/** Small address spaces: a test opens many. */
export const makeEngine = engineMaker({ maxMemory: '64mb' });

export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const {
    disk = new MemoryDisk(),
    scheduler = new ManualScheduler(),
    faults = {},
    ...rest
  } = options;
  const storage = new FaultyStorage(new MemoryStorage(disk));
  const engines: SpiedEngine[] = [];
  const engine = async (seed?: Uint8Array): Promise<SpiedEngine> => {
    const made = new SpiedEngine(await makeEngine(seed), faults);
    engines.push(made);
    return made;
  };
  const host = await Host.open({ ...rest, engine, storage, scheduler });
  return { host, session: new Session(host), storage, scheduler, disk, engines };
}

/** What lies on the disk now, as another process would load it. */
export async function contentsOf(
  disk: MemoryDisk,
  keys: readonly string[],
  options: StoreOptions = {},
): Promise<unknown[]> {
  const store = await openStore({ ...options, disk: copyOf(disk) });
  const values = await Promise.all(keys.map((key) => store.session.call('GET', key)));
  await store.host.close();
  return values;
}

export function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  copy.manifest = disk.manifest?.slice() ?? null;
  for (const [lsn, frame] of disk.log) copy.log.set(lsn, frame.slice());
  for (const [generation, chunks] of disk.snapshots)
    copy.snapshots.set(
      generation,
      chunks.map((chunk) => chunk.slice()),
    );
  for (const lsn of disk.unsynced) copy.unsynced.add(lsn);
  return copy;
}

/** 'resolved', or the code of the error. */
export function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) =>
      error instanceof WadictError ? error.code : `not a WadictError: ${String(error)}`,
  );
}

/** Whether a promise has settled by now. */
export function watch<T>(promise: Promise<T>): { settled: boolean; promise: Promise<T> } {
  const watched = { settled: false, promise };
  const mark = (): void => {
    watched.settled = true;
  };
  promise.then(mark, mark);
  return watched;
}

/** Text that does not compress, so that it takes its room in a snapshot, too. */
export function noise(length: number, seed = 1): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  }).join('');
}
