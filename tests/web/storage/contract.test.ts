import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { FileStorage } from '../../../web/storage/file-storage.ts';
import { MemoryDisk, MemoryStorage } from '../../../web/storage/memory-storage.ts';
import { contractCases } from './contract.ts';

describe('storage contract, memory', () => {
  for (const { name, run } of contractCases) {
    test(name, async () => {
      const disk = new MemoryDisk();
      await run({ create: () => new MemoryStorage(disk) });
    });
  }
});

describe('storage contract, files @P13 @P25', () => {
  for (const { name, run } of contractCases) {
    test(name, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'wadict-contract-'));
      try {
        await run({ create: () => new FileStorage({ directory: join(directory, 'store') }) });
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  }
});
