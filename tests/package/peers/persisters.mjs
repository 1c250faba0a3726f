import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient } from '@tanstack/query-core';
import {
  experimental_createQueryPersister as createQueryPersister,
  persistQueryClientRestore,
  persistQueryClientSave,
} from '@tanstack/query-persist-client-core';
import { open } from 'wadict';
import { tanstackPersister, tanstackStorage } from 'wadict/tanstack';
import { zustandStorage } from 'wadict/zustand';
import { persist } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';

const db = await open('persisters', { storage: 'memory' });
test.after(() => db.close());

const counter = (version, migrate) =>
  createStore(
    persist((set) => ({ n: 0, add: () => set(({ n }) => ({ n: n + 1 })) }), {
      name: 'counter',
      storage: zustandStorage(db),
      skipHydration: true,
      ...(version === undefined ? {} : { version, migrate }),
    }),
  );

test('Zustand: state is there again in the next store', async () => {
  const first = counter();
  await first.persist.rehydrate();
  first.getState().add();
  first.getState().add();
  await db.ping();
  assert.deepEqual(JSON.parse(await db.get('zustand:counter')), { state: { n: 2 }, version: 0 });
  const second = counter();
  await second.persist.rehydrate();
  assert.equal(second.getState().n, 2);
  const migrated = counter(1, (state) => ({ n: state.n * 10 }));
  await migrated.persist.rehydrate();
  assert.equal(migrated.getState().n, 20);
  await migrated.persist.clearStorage();
  await db.ping();
  assert.equal(await db.exists('zustand:counter'), 0);
});

test('TanStack Query: the client as a whole', async () => {
  const persister = tanstackPersister(db);
  const queryClient = new QueryClient();
  assert.equal(await persister.restoreClient(), undefined);
  queryClient.setQueryData(['todo', 1], { title: 'apple' });
  await persistQueryClientSave({ queryClient, persister, buster: 'v1' });
  const restored = new QueryClient();
  await persistQueryClientRestore({ queryClient: restored, persister, buster: 'v1' });
  assert.deepEqual(restored.getQueryData(['todo', 1]), { title: 'apple' });
  const other = new QueryClient();
  await persistQueryClientRestore({ queryClient: other, persister, buster: 'v2' });
  assert.equal(other.getQueryData(['todo', 1]), undefined);
  assert.equal(await persister.restoreClient(), undefined, 'a wrong buster removes it');
});

test('TanStack Query: a burst of saves ends with the last state', async () => {
  const persister = tanstackPersister(db, { prefix: 'burst:' });
  await Promise.all(Array.from({ length: 50 }, (_, n) => persister.persistClient({ n })));
  assert.deepEqual(await persister.restoreClient(), { n: 49 });
});

test('TanStack Query: query by query', async () => {
  const storage = tanstackStorage(db);
  const { persisterFn, persisterGc } = createQueryPersister({ storage });
  let fetched = 0;
  const ask = (client) =>
    client.fetchQuery({
      queryKey: ['q'],
      queryFn: async () => ++fetched,
      persister: persisterFn,
      staleTime: Infinity,
    });
  assert.equal(await ask(new QueryClient()), 1);
  while ((await storage.entries()).length === 0) await new Promise(setImmediate);
  assert.equal(await ask(new QueryClient()), 1, 'from the store');
  await persisterGc();
  await storage.clear();
  assert.deepEqual(await storage.entries(), []);
});
