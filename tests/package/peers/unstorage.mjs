import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStorage } from 'unstorage';
import memoryDriver from 'unstorage/drivers/memory';
import { open } from 'wadict';
import { wadictDriver } from 'wadict/unstorage';

const db = await open('unstorage', { storage: 'memory' });
test.after(() => db.close());

/** What a storage answers, in an order that does not depend on its driver. */
async function script(storage) {
  const out = [];
  const note = async (work) =>
    out.push(await Promise.resolve(work).catch((error) => error.message));
  await storage.clear();
  await note(storage.hasItem('s1:a'));
  await storage.setItem('s1:a', 'text');
  await storage.setItem('s1:b', { json: [1, null, true] });
  await storage.setItem('s2/c?query', 5);
  await storage.setItem('s2:d:e', '');
  await storage.setItem('deep:er:and:deeper', 'x');
  await note(storage.getItem('s1:a'));
  await note(storage.getItem('s1:b'));
  await note(storage.getItem('s2:c'));
  await note(storage.getItem('s2:d:e'));
  await note(storage.getItem('missing'));
  await note(storage.getItems(['s1:a', 's1:b', 'missing']));
  await note(storage.hasItem('s1:a'));
  for (const base of [undefined, 's1', 's1:', 's', 's2', 'deep', '*', 'deep:er'])
    await note(storage.getKeys(base).then((keys) => keys.sort()));
  for (const maxDepth of [0, 1, 2])
    await note(storage.getKeys('', { maxDepth }).then((keys) => keys.sort()));
  await storage.setItems([
    { key: 'm:1', value: 'one' },
    { key: 'm:2', value: { two: 2 } },
  ]);
  await note(storage.getItem('m:1'));
  await note(storage.getItem('m:2'));
  await storage.removeItem('s1:a');
  await note(storage.getItem('s1:a'));
  await storage.clear('s2');
  await note(storage.getKeys().then((keys) => keys.sort()));
  await storage.setItemRaw('raw', Uint8Array.of(0, 255, 7));
  await note(storage.getItemRaw('raw').then((bytes) => [...bytes]));
  await storage.clear();
  await note(storage.getKeys());
  return out;
}

test('answers as the driver in memory does', async () => {
  const expected = await script(createStorage({ driver: memoryDriver() }));
  assert.deepEqual(await script(createStorage({ driver: wadictDriver({ db }) })), expected);
  assert.ok(expected.length > 20);
});

test("a time to live is the engine's", async () => {
  const storage = createStorage({ driver: wadictDriver({ db, base: 'ttl:' }) });
  await storage.setItem('k', 'v', { ttl: 60 });
  assert.ok((await db.pttl('ttl:k')) > 59_000);
});

test('clear reaches nothing outside, and mounts keep apart', async () => {
  const storage = createStorage({ driver: wadictDriver({ db, base: 'a:' }) });
  storage.mount('other', wadictDriver({ db, base: 'b:' }));
  await db.set('mine', 'v');
  await storage.setItem('k', 1);
  await storage.setItem('other:k', 2);
  await storage.clear('other');
  assert.equal(await storage.getItem('k'), 1);
  await storage.clear();
  assert.equal(await db.get('mine'), 'v');
});
