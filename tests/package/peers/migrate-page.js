import * as idbKeyval from 'idb-keyval';
import localforage from 'localforage';
import { open } from 'wadict';
import { fromIdbKeyval, fromLocalForage, fromLocalStorage } from 'wadict/migrate';

async function run() {
  const db = await open('migrated');
  const json = await open('migrated-json', { codec: 'json' });
  for (let n = 0; n < 450; n++) localStorage.setItem(`ls${n}`, `text ${n}`);
  await idbKeyval.setMany([
    ['a', 'text'],
    ['b', Uint8Array.of(1, 2)],
  ]);
  const custom = idbKeyval.createStore('own', 'store');
  await idbKeyval.set('o', { n: [1, null] }, custom);
  await localforage.setItem('f', { deep: { x: 1 } });
  await localforage.setItem('g', 'text');

  const progress = [];
  await db.set('old:ls7', 'kept');
  const first = await fromLocalStorage(db, {
    prefix: 'old:',
    onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
  });
  const again = await fromLocalStorage(db, { prefix: 'old:' });
  const some = await fromLocalStorage(db, {
    prefix: 'old:',
    replace: true,
    filter: (key) => key.startsWith('ls44'),
  });
  const keyval = await fromIdbKeyval(db, idbKeyval, { prefix: 'kv:' });
  const own = await fromIdbKeyval(json, idbKeyval, { store: custom });
  const forage = await fromLocalForage(json, localforage);
  await idbKeyval.set(5, 'a number');
  const odd = await fromIdbKeyval(db, idbKeyval).catch((error) => error.code);
  const aborted = await fromLocalStorage(db, { signal: AbortSignal.abort() }).catch((e) => e.code);
  return {
    reports: [first, again, some, keyval, own, forage],
    progress,
    odd,
    aborted,
    values: [
      await db.mget('old:ls0', 'old:ls449', 'old:ls7', 'kv:a'),
      [...(await db.getBuffer('kv:b'))],
      await json.mget('o', 'f', 'g'),
    ],
    sources: [localStorage.length, (await idbKeyval.keys()).length, await localforage.length()],
    sizes: [await db.dbsize(), await json.dbsize()],
  };
}

globalThis.results = run();
