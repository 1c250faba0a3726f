/** The storage contract: opening, manifest, log. */

import {
  equal,
  expectLog,
  frame,
  frames,
  fresh,
  hash,
  collect,
  manifest,
  patterned,
  rejects,
  reopened,
} from './contract-tools.ts';
import type { ContractCase } from './contract-tools.ts';

export const logCases: readonly ContractCase[] = [
  {
    name: 'a new medium has no manifest and no data',
    async run(medium) {
      const storage = medium.create();
      equal(
        await storage.open(),
        { manifest: null, holdsData: false, hasDump: false, dropped: null },
        'facts',
      );
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
      await rejects(
        storage.append([patterned(97, 10), patterned(98, 10)], 3n, 'relaxed'),
        'FENCED',
        'a group',
      );
      await expectLog(storage, 1n, frames(1, 3));
      await storage.append(frames(4, 4), 4n, 'strict');
      await expectLog(storage, 1n, frames(1, 4));
      await storage.close();
    },
  },
  {
    name: 'a thousand frames of up to 60 KiB survive, whatever the batches of reading',
    async run(medium) {
      const many = Array.from({ length: 1000 }, (_, index) =>
        frame(index, index % 97 === 0 ? 61_440 : 64 + index),
      );
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
      const switchTo = async (
        generation: number,
        nextLsn: bigint,
        keepFrom: bigint,
      ): Promise<void> => {
        await storage.startSegment(nextLsn);
        await storage.writeSnapshot(generation, 0, [patterned(generation, 5000)]);
        await storage.sealSnapshot(generation);
        const previous = generation > 1 ? generation - 1 : null;
        await storage.commitManifest(
          manifest(generation, { base: generation, previous, logFrom: nextLsn, keepFrom }),
        );
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
];
