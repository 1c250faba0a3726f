/**
 * The witness as a file of the origin private file system: another database engine, another folder
 * of the profile than IndexedDB's. Only Workers have the access handles that flush to the disk.
 */

import { kWitnessFileBytes, newestSlot, nextSlot } from './witness.ts';
import type { Witness, WitnessRecord } from './witness.ts';

/** What is used of FileSystemSyncAccessHandle; `lib.dom` has it for Workers only. */
interface AccessHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

type AccessFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<AccessHandle> };

export class OpfsWitness implements Witness {
  readonly #fileName: string;
  readonly #manager: StorageManager;

  /** Null where there is no such file system: private windows, insecure contexts, old browsers. */
  static of(name: string): OpfsWitness | null {
    const manager = globalThis.navigator?.storage;
    const isThere =
      typeof manager?.getDirectory === 'function' &&
      typeof FileSystemFileHandle === 'function' &&
      'createSyncAccessHandle' in FileSystemFileHandle.prototype;
    return isThere ? new OpfsWitness(name, manager) : null;
  }

  private constructor(name: string, manager: StorageManager) {
    this.#fileName = `wadict-${encodeURIComponent(name)}.w`;
    this.#manager = manager;
  }

  async read(): Promise<WitnessRecord | null> {
    try {
      const folder = await this.#manager.getDirectory();
      const file = await (await folder.getFileHandle(this.#fileName)).getFile();
      return newestSlot(new Uint8Array(await file.arrayBuffer()))?.record ?? null;
    } catch {
      return null; // no file yet, or no file system for this page: a new store looks the same
    }
  }

  async write(record: WitnessRecord, isClaim: boolean): Promise<void> {
    const folder = await this.#manager.getDirectory();
    const file = (await folder.getFileHandle(this.#fileName, { create: true })) as AccessFile;
    // Exclusive over all tabs: rejects while another one writes.
    const handle = await file.createSyncAccessHandle();
    try {
      const bytes = new Uint8Array(kWitnessFileBytes);
      handle.read(bytes, { at: 0 });
      const next = nextSlot(newestSlot(bytes), record, isClaim);
      if (next === null) return;
      handle.write(next.bytes, { at: next.at });
      handle.flush();
    } finally {
      handle.close();
    }
  }
}
