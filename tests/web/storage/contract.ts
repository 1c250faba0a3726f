/**
 * What every storage medium promises, as cases that run anywhere: under node:test against memory and
 * files, inside a page against IndexedDB in real browsers. No test framework is imported.
 */

import { StorageError } from '../../../web/storage/storage.ts';
import type { ManifestSwitch, Storage } from '../../../web/storage/storage.ts';

/** One set of stored bytes. `create` gives a new, unopened Storage on it, as after a restart. */
export interface Medium {
  create(): Storage;
}

export interface ContractCase {
  readonly name: string;
  run(medium: Medium): Promise<void>;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`contract broken: ${message}`);
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
  check(show(actual) === show(expected), `${what}: ${show(actual)} instead of ${show(expected)}`);
}

async function rejects(promise: Promise<unknown>, code: string, what: string): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof StorageError ? error.code : String(error)),
  );
  equal(outcome, code, what);
}

/** `length` bytes in which every value occurs, different for each `seed`. */
export function patterned(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 255);
}

const hash = (bytes: Uint8Array): string =>
  `${bytes.length}:${bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7)}`;

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return joined(pieces);
}

async function expectLog(storage: Storage, from: bigint, frames: readonly Uint8Array[]): Promise<void> {
  equal(hash(await collect(storage.readLog(from))), hash(joined(frames)), `log from ${from}`);
}

function manifest(marker: number, parts: Partial<ManifestSwitch> = {}): ManifestSwitch {
  return { bytes: patterned(marker, 150), base: null, previous: null, logFrom: 1n, keepFrom: 1n, ...parts };
}

/** A new store: opened, with its first manifest. */
async function fresh(medium: Medium): Promise<Storage> {
  const storage = medium.create();
  await storage.open();
  await storage.commitManifest(manifest(0));
  return storage;
}

async function reopened(medium: Medium, before: Storage): Promise<Storage> {
  await before.close();
  const storage = medium.create();
  await storage.open();
  return storage;
}

const frame = (lsn: number, length = 300): Uint8Array => patterned(lsn, length);
const frames = (from: number, to: number): Uint8Array[] =>
  Array.from({ length: to - from + 1 }, (_, index) => frame(from + index));

export const contractCases: readonly ContractCase[] = [
  {
    name: 'a new medium has no manifest and no data',
    async run(medium) {
      const storage = medium.create();
      equal(await storage.open(), { manifest: null, holdsData: false, hasDump: false }, 'facts');
      equal(await storage.listSnapshots(), [], 'snapshots');
      await storage.close();
    },
  },
  {
    name: 'a committed manifest is found after a restart, and the last one wins',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.commitManifest(manifest(1));
      await storage.commitManifest(manifest(2));
      await storage.close();
      storage = medium.create();
      const facts = await storage.open();
      equal(hash(facts.manifest ?? new Uint8Array()), hash(patterned(2, 150)), 'manifest');
      await storage.close();
    },
  },
  {
    name: 'frames come back in order and byte for byte, strict and relaxed, over restarts',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 1), 1n, 'relaxed');
      await storage.append(frames(2, 5), 2n, 'strict');
      await expectLog(storage, 1n, frames(1, 5));
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, frames(1, 5));
      await storage.append(frames(6, 6), 6n, 'relaxed');
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, frames(1, 6));
      await storage.close();
    },
  },
  {
    name: 'a store that holds frames says so when it is opened',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 1), 1n, 'relaxed');
      await storage.close();
      storage = medium.create();
      equal((await storage.open()).holdsData, true, 'holdsData');
      await storage.close();
    },
  },
  {
    name: 'an append at a taken LSN is FENCED and leaves the log as it was',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.append(frames(1, 3), 1n, 'strict');
      await rejects(storage.append([patterned(99, 10)], 3n, 'strict'), 'FENCED', 'one frame');
      await rejects(storage.append([patterned(97, 10), patterned(98, 10)], 3n, 'relaxed'), 'FENCED', 'a group');
      await expectLog(storage, 1n, frames(1, 3));
      await storage.append(frames(4, 4), 4n, 'strict');
      await expectLog(storage, 1n, frames(1, 4));
      await storage.close();
    },
  },
  {
    name: 'a thousand frames of up to 60 KiB survive, whatever the batches of reading',
    async run(medium) {
      const many = Array.from({ length: 1000 }, (_, index) => frame(index, index % 97 === 0 ? 61_440 : 64 + index));
      let storage = await fresh(medium);
      for (let at = 0; at < many.length; at += 125) {
        await storage.append(many.slice(at, at + 125), BigInt(at + 1), 'relaxed');
      }
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, many);
      await storage.close();
    },
  },
  {
    name: 'an empty log reads as nothing',
    async run(medium) {
      const storage = await fresh(medium);
      await expectLog(storage, 1n, []);
      await storage.close();
    },
  },
  {
    name: 'the log can be read from the first frame of a segment',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 4), 1n, 'relaxed');
      await storage.startSegment(5n);
      await storage.append(frames(5, 9), 5n, 'relaxed');
      await expectLog(storage, 5n, frames(5, 9));
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, frames(1, 9));
      await expectLog(storage, 5n, frames(5, 9));
      await storage.close();
    },
  },
  {
    name: 'starting a segment twice at one LSN changes nothing',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.append(frames(1, 2), 1n, 'relaxed');
      await storage.startSegment(3n);
      await storage.startSegment(3n);
      await storage.append(frames(3, 3), 3n, 'strict');
      await expectLog(storage, 1n, frames(1, 3));
      await expectLog(storage, 3n, frames(3, 3));
      await storage.close();
    },
  },
  {
    name: 'a generation switch keeps the spare generation and its log; trimming drops only what is older',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 3), 1n, 'relaxed');
      const switchTo = async (generation: number, nextLsn: bigint, keepFrom: bigint): Promise<void> => {
        await storage.startSegment(nextLsn);
        await storage.writeSnapshot(generation, 0, [patterned(generation, 5000)]);
        await storage.sealSnapshot(generation);
        const previous = generation > 1 ? generation - 1 : null;
        await storage.commitManifest(manifest(generation, { base: generation, previous, logFrom: nextLsn, keepFrom }));
      };
      await switchTo(1, 4n, 1n);
      await storage.append(frames(4, 6), 4n, 'relaxed');
      await switchTo(2, 7n, 4n);
      await storage.trimLog(4n, () => false);
      await storage.append(frames(7, 8), 7n, 'strict');
      storage = await reopened(medium, storage);
      equal(await storage.listSnapshots(), [1, 2], 'generations');
      await expectLog(storage, 7n, frames(7, 8));
      await expectLog(storage, 4n, frames(4, 8));
      equal(hash(await collect(storage.readSnapshot(2))), hash(patterned(2, 5000)), 'base');
      equal(hash(await collect(storage.readSnapshot(1))), hash(patterned(1, 5000)), 'spare');
      await storage.close();
    },
  },
  {
    name: 'a frame that must be kept stays through trimming, and its LSN stays taken',
    async run(medium) {
      const storage = await fresh(medium);
      if (storage.medium === 'file') return storage.close(); // fenced by the lock instead
      await storage.append(frames(1, 5), 1n, 'relaxed');
      await storage.trimLog(5n, (bytes) => hash(bytes) === hash(frame(3)));
      await expectLog(storage, 1n, [frame(3), frame(5)]);
      await rejects(storage.append([frame(3)], 3n, 'strict'), 'FENCED', 'the kept LSN');
      await storage.close();
    },
  },
  {
    name: 'cutting the log at an offset removes exactly what follows, for good',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 6), 1n, 'strict');
      equal(await storage.cutLog(1n, 4 * 300, 'torn'), 600, 'bytes moved');
      await expectLog(storage, 1n, frames(1, 4));
      await storage.append([patterned(50, 20)], 5n, 'strict');
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, [...frames(1, 4), patterned(50, 20)]);
      equal(await storage.cutLog(1n, 4 * 300 + 20, 'nothing'), 0, 'nothing to cut');
      await storage.close();
    },
  },
  {
    name: 'cutting reaches over segments, and the freed LSNs can be written again',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.append(frames(1, 4), 1n, 'relaxed');
      await storage.startSegment(5n);
      await storage.append(frames(5, 7), 5n, 'relaxed');
      equal(await storage.cutLog(1n, 3 * 300, 'damaged'), 4 * 300, 'bytes moved');
      await expectLog(storage, 1n, frames(1, 3));
      await storage.append([patterned(60, 77)], 4n, 'strict');
      storage = await reopened(medium, storage);
      await expectLog(storage, 1n, [...frames(1, 3), patterned(60, 77)]);
      await storage.close();
    },
  },
  {
    name: 'a log can be cut down to nothing',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.append(frames(1, 2), 1n, 'strict');
      equal(await storage.cutLog(1n, 0, 'all of it'), 600, 'bytes moved');
      await expectLog(storage, 1n, []);
      await storage.append(frames(1, 1), 1n, 'strict');
      await expectLog(storage, 1n, frames(1, 1));
      await storage.close();
    },
  },
  {
    name: 'a snapshot written in several calls reads back whole and in order',
    async run(medium) {
      let storage = await fresh(medium);
      const chunks = Array.from({ length: 45 }, (_, index) => patterned(index, 61_440));
      for (let at = 0; at < chunks.length; at += 17) {
        await storage.writeSnapshot(1, at, chunks.slice(at, at + 17));
      }
      await storage.sealSnapshot(1);
      equal(hash(await collect(storage.readSnapshot(1))), hash(joined(chunks)), 'before the switch');
      await storage.commitManifest(manifest(1, { base: 1 }));
      storage = await reopened(medium, storage);
      equal(await storage.listSnapshots(), [1], 'generations');
      equal(hash(await collect(storage.readSnapshot(1))), hash(joined(chunks)), 'after a restart');
      await storage.close();
    },
  },
  {
    name: 'frames go on while a snapshot is written',
    async run(medium) {
      const storage = await fresh(medium);
      const snapshot = (async () => {
        for (let index = 0; index < 10; index++) await storage.writeSnapshot(1, index, [patterned(index, 9000)]);
        await storage.sealSnapshot(1);
      })();
      for (let lsn = 1; lsn <= 20; lsn++) await storage.append(frames(lsn, lsn), BigInt(lsn), 'relaxed');
      await snapshot;
      await expectLog(storage, 1n, frames(1, 20));
      const expected = joined(Array.from({ length: 10 }, (_, index) => patterned(index, 9000)));
      equal(hash(await collect(storage.readSnapshot(1))), hash(expected), 'snapshot');
      await storage.close();
    },
  },
  {
    name: 'a deleted snapshot is gone; an unknown one reads as empty; deleting twice is no error',
    async run(medium) {
      const storage = await fresh(medium);
      for (const generation of [1, 2]) {
        await storage.writeSnapshot(generation, 0, [patterned(generation, 100), patterned(generation, 50)]);
        await storage.sealSnapshot(generation);
      }
      await storage.deleteSnapshot(1);
      await storage.deleteSnapshot(1);
      equal(await storage.listSnapshots(), [2], 'generations');
      equal((await collect(storage.readSnapshot(1))).length, 0, 'deleted');
      equal((await collect(storage.readSnapshot(7))).length, 0, 'unknown');
      equal((await collect(storage.readSnapshot(2))).length, 150, 'the other one');
      await storage.close();
    },
  },
  {
    name: 'a medium with a dump file publishes it in one step; the others refuse',
    async run(medium) {
      let storage = await fresh(medium);
      if (!storage.separateDump) {
        await rejects(storage.writeSnapshot('new-dump', 0, [patterned(1, 1)]), 'STORAGE_UNAVAILABLE', 'dump');
        return storage.close();
      }
      for (const marker of [1, 2]) {
        await storage.writeSnapshot('new-dump', 0, [patterned(marker, 1000)]);
        await storage.writeSnapshot('new-dump', 1, [patterned(marker, 500)]);
        await storage.sealSnapshot('new-dump');
        const before = marker === 1 ? [] : [patterned(1, 1000), patterned(1, 500)];
        equal(hash(await collect(storage.readSnapshot('dump'))), hash(joined(before)), 'not yet published');
        await storage.publishDump();
      }
      storage = await reopened(medium, storage);
      const expected = joined([patterned(2, 1000), patterned(2, 500)]);
      equal(hash(await collect(storage.readSnapshot('dump'))), hash(expected), 'published');
      await storage.close();
    },
  },
  {
    name: 'quarantine takes damaged bytes and never more than its bound',
    async run(medium) {
      const storage = await fresh(medium);
      for (let index = 0; index < 10; index++) await storage.quarantine(patterned(index, 1 << 20), `part ${index}`);
      const { usedBytes } = await storage.usage();
      if (storage.medium === 'memory') equal((usedBytes ?? 0) < 9 * (1 << 20), true, `used ${usedBytes}`);
      await expectLog(storage, 1n, []);
      await storage.close();
    },
  },
  {
    name: 'probing for room leaves nothing behind',
    async run(medium) {
      let storage = await fresh(medium);
      await storage.probe(200_000);
      equal(await storage.listSnapshots(), [], 'snapshots');
      await expectLog(storage, 1n, []);
      storage = await reopened(medium, storage);
      await storage.close();
    },
  },
  {
    name: 'usage answers with numbers or null',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.append([patterned(1, 50_000)], 1n, 'strict');
      const { usedBytes, quotaBytes, persisted } = await storage.usage();
      equal(usedBytes === null || usedBytes >= 0, true, 'usedBytes');
      equal(quotaBytes === null || quotaBytes > 0, true, 'quotaBytes');
      equal(typeof persisted, 'boolean', 'persisted');
      await storage.close();
    },
  },
  {
    name: 'after close every call rejects with CLOSED, and closing again is no error',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.close();
      await storage.close();
      const calls: [string, () => Promise<unknown>][] = [
        ['commitManifest', () => storage.commitManifest(manifest(1))],
        ['append', () => storage.append(frames(1, 1), 1n, 'strict')],
        ['startSegment', () => storage.startSegment(1n)],
        ['readLog', () => collect(storage.readLog(1n))],
        ['cutLog', () => storage.cutLog(1n, 0, 'x')],
        ['trimLog', () => storage.trimLog(1n, () => false)],
        ['writeSnapshot', () => storage.writeSnapshot(1, 0, [patterned(1, 1)])],
        ['sealSnapshot', () => storage.sealSnapshot(1)],
        ['readSnapshot', () => collect(storage.readSnapshot(1))],
        ['listSnapshots', () => storage.listSnapshots()],
        ['deleteSnapshot', () => storage.deleteSnapshot(1)],
        ['quarantine', () => storage.quarantine(patterned(1, 1), 'x')],
        ['probe', () => storage.probe(1)],
        ['usage', () => storage.usage()],
      ];
      for (const [name, call] of calls) await rejects(call(), 'CLOSED', name);
    },
  },
  {
    name: 'what was relaxed and acknowledged is there after the storage was dropped without close',
    async run(medium) {
      const storage = await fresh(medium);
      await storage.append(frames(1, 3), 1n, 'relaxed');
      if (storage.medium === 'file') await storage.close(); // its lock belongs to this process
      const next = medium.create();
      await next.open();
      await expectLog(next, 1n, frames(1, 3));
      await next.close();
      await storage.close();
    },
  },
];
