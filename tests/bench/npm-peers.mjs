// Peers from npm, installed into a folder of their own, so that nobody else's `npm ci` pays for
// them: lru-cache and lmdb as contestants, ioredis as the client of redis-server.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, run, step } from '../../web/build/steps.mjs';
import { textsPath } from './build-contestants.mjs';
import { ScriptContestant } from './contestants.mjs';

const FOLDER = 'tests/bench/peers';

export async function installPeers() {
  await step(
    'bench peers from npm',
    {
      inputs: [`${FOLDER}/package.json`, `${FOLDER}/package-lock.json`],
      outputs: [`${FOLDER}/node_modules/.package-lock.json`],
    },
    // Not `npm ci`: the lock lacks the optional packages of other systems.
    () => run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', at(FOLDER)]),
  );
}

export const requirePeer = (name) => createRequire(at(FOLDER, 'package.json'))(name);

export function lruCache() {
  const { LRUCache } = requirePeer('lru-cache');
  return new ScriptContestant('lru-cache', textsPath(), (keys) => new LRUCache({ max: 2 * keys }));
}

/** Each write is a transaction of its own in memory-mapped files, not synced: its fastest way. */
export function lmdbStore() {
  const { open } = requirePeer('lmdb');
  return new ScriptContestant('lmdb', textsPath(), () => {
    const folder = mkdtempSync(join(tmpdir(), 'wadict-lmdb-'));
    const store = open({ path: folder, encoding: 'string', noSync: true, mapSize: 2 ** 31 });
    return {
      get: (key) => store.get(key),
      set: (key, value) => store.putSync(key, value),
      delete: (key) => store.removeSync(key),
      async close() {
        await store.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
}
