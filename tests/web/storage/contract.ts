/**
 * What every storage medium promises, as cases that run anywhere: under node:test against memory
 * and files, inside a page against IndexedDB in real browsers. No test framework is imported.
 */

import { logCases } from './contract-log.ts';
import {
  collect,
  equal,
  expectLog,
  frames,
  fresh,
  hash,
  joined,
  manifest,
  patterned,
  rejects,
  reopened,
} from './contract-tools.ts';
import type { ContractCase } from './contract-tools.ts';

const otherCases: readonly ContractCase[] = [
  {
    name: 'a snapshot written in several calls reads back whole and in order',
    async run(medium) {
      let storage = await fresh(medium);
      const chunks = Array.from({ length: 45 }, (_, index) => patterned(index, 61_440));
      for (let at = 0; at < chunks.length; at += 17) {
        await storage.writeSnapshot(1, at, chunks.slice(at, at + 17));
      }
      await storage.sealSnapshot(1);
      equal(
        hash(await collect(storage.readSnapshot(1))),
        hash(joined(chunks)),
        'before the switch',
      );
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
        for (let index = 0; index < 10; index++)
          await storage.writeSnapshot(1, index, [patterned(index, 9000)]);
        await storage.sealSnapshot(1);
      })();
      for (let lsn = 1; lsn <= 20; lsn++)
        await storage.append(frames(lsn, lsn), BigInt(lsn), 'relaxed');
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
        await storage.writeSnapshot(generation, 0, [
          patterned(generation, 100),
          patterned(generation, 50),
        ]);
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
        await rejects(
          storage.writeSnapshot('new-dump', 0, [patterned(1, 1)]),
          'STORAGE_UNAVAILABLE',
          'dump',
        );
        return storage.close();
      }
      for (const marker of [1, 2]) {
        await storage.writeSnapshot('new-dump', 0, [patterned(marker, 1000)]);
        await storage.writeSnapshot('new-dump', 1, [patterned(marker, 500)]);
        await storage.sealSnapshot('new-dump');
        const before = marker === 1 ? [] : [patterned(1, 1000), patterned(1, 500)];
        equal(
          hash(await collect(storage.readSnapshot('dump'))),
          hash(joined(before)),
          'not yet published',
        );
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
      for (let index = 0; index < 10; index++)
        await storage.quarantine(patterned(index, 1 << 20), `part ${index}`);
      const { usedBytes } = await storage.usage();
      if (storage.medium === 'memory')
        equal((usedBytes ?? 0) < 9 * (1 << 20), true, `used ${usedBytes}`);
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

export const contractCases: readonly ContractCase[] = [...logCases, ...otherCases];
