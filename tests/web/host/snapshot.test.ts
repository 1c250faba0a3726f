import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RewritePolicy } from '../../../web/host/snapshot-policy.ts';
import { Gate } from '../storage/faulty-storage.ts';
import { contentsOf, openStore, outcome, Session, watch } from './harness.ts';
import { turns } from './manual-scheduler.ts';

async function fill(session: Session, count: number): Promise<void> {
  await session.all(
    ...Array.from({ length: count }, (_, index) => ['SET', `k${index}`, `value ${index}`]),
  );
}

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);
const values = (count: number): string[] => keys(count).map((key) => `value ${key.slice(1)}`);

describe('rewriting the log @P18', () => {
  test('writes go on while the new base is written, and are all there afterwards', async () => {
    const { host, session, storage, disk } = await openStore();
    await fill(session, 500);
    const gate = new Gate();
    let chunks = 0;
    const inner = storage.writeSnapshot.bind(storage);
    storage.writeSnapshot = async (...args) => {
      chunks++;
      await gate.pass();
      await inner(...args);
    };
    gate.hold();
    const saved = watch(host.save());
    await turns(60);
    assert.equal(chunks, 1);
    for (let index = 0; index < 500; index += 5) await session.call('SET', `k${index}`, 'during');
    assert.equal(saved.settled, false);
    gate.open();
    await saved.promise;
    const expected = values(500).map((value, index) => (index % 5 === 0 ? 'during' : value));
    assert.deepEqual(await contentsOf(disk, keys(500)), expected);
    await host.close();
  });

  test('what was not written yet at the cut is in the log before it, so that the spare leads here', async () => {
    const { host, session, disk } = await openStore({ durability: 'no' });
    assert.equal(await session.call('SET', 'k0', 'v'), 'OK');
    await host.save(); // in the turn of the reply: the record is still in the engine
    await session.call('SET', 'k1', 'v');
    await host.close();
    const chunk = disk.snapshots.get(1)?.[0] as Uint8Array;
    chunk[3] = (chunk[3] as number) ^ 1;
    assert.deepEqual(await contentsOf(disk, ['k0', 'k1']), ['v', 'v']);
  });

  test('the log before the older base is dropped, but not the claims', async () => {
    const { host, session, disk } = await openStore();
    for (let round = 0; round < 4; round++) {
      await fill(session, 50);
      await host.save();
    }
    const claims = [...disk.log].filter(([lsn]) => lsn === 1n);
    assert.equal(claims.length, 1);
    const { decodeManifest } = await import('../../../web/host/manifest.ts');
    const manifest = decodeManifest(disk.manifest as Uint8Array);
    assert.ok(manifest.previous !== null);
    assert.deepEqual(
      [...disk.snapshots.keys()],
      [manifest.previous.generation, manifest.base.generation],
    );
    const kept = [...disk.log.keys()].filter((lsn) => lsn <= (manifest.previous?.lsn ?? 0n));
    assert.deepEqual(kept, [1n]);
    await host.close();
  });

  test('happens by itself when the log outgrows its base, and not again without growth', async () => {
    const { host, session, disk } = await openStore({ rewrite: { minBytes: 20_000, factor: 1 } });
    await fill(session, 50);
    await turns(50);
    assert.deepEqual([...disk.snapshots.keys()], []);
    for (let round = 0; round < 8; round++) await fill(session, 50);
    await turns(200);
    const after = [...disk.snapshots.keys()];
    assert.ok(after.length > 0);
    await turns(200);
    assert.deepEqual([...disk.snapshots.keys()], after);
    assert.deepEqual(await contentsOf(disk, keys(50)), values(50));
    await host.close();
  });

  test('a snapshot that reads back differently is not switched to', async () => {
    const { host, session, storage, disk } = await openStore();
    await fill(session, 10);
    const seal = storage.sealSnapshot.bind(storage);
    storage.sealSnapshot = async (target) => {
      await seal(target);
      const chunk = disk.snapshots.get(target as number)?.[0] as Uint8Array;
      chunk[0] = (chunk[0] as number) ^ 1;
    };
    assert.equal(await outcome(host.save()), 'CORRUPT');
    assert.deepEqual([...disk.snapshots.keys()], []);
    assert.deepEqual(await contentsOf(disk, keys(10)), values(10));
    await host.close();
  });

  test('after three failures in a row the automatic rewrite pauses 1, 2, 4 … 60 minutes', () => {
    const policy = new RewritePolicy({ minBytes: 100, factor: 1 });
    const pauses: number[] = [];
    let now = 0;
    for (let failure = 1; failure <= 12; failure++) {
      policy.ended(false, now);
      let minutes = 0;
      while (!policy.isDue(1000, 0, now + minutes * 60_000)) minutes++;
      pauses.push(minutes);
      now += minutes * 60_000;
    }
    assert.deepEqual(pauses, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    policy.ended(true, now);
    assert.equal(policy.isDue(1000, 0, now), true);
    assert.equal(policy.isDue(1000, 2000, now), false, 'smaller than its base');
    assert.equal(policy.isDue(100, 0, now), false, 'not above the least size');
  });
});

describe('SAVE, BGSAVE, BGREWRITEAOF, SHUTDOWN @P11', () => {
  test('SAVE answers when the snapshot is stored', async () => {
    const { host, session, disk, engines } = await openStore();
    await session.call('SET', 'k', 'v');
    assert.equal(await session.call('SAVE'), 'OK');
    assert.deepEqual([...disk.snapshots.keys()], [1]);
    assert.deepEqual(engines[0]?.notes, ['save started', 'save ok']);
    await host.close();
  });

  test('later requests of the session wait for SAVE, those of others do not', async () => {
    const { host, session, storage } = await openStore();
    const other = new Session(host);
    await other.call('PING');
    const gate = new Gate();
    const inner = storage.writeSnapshot.bind(storage);
    storage.writeSnapshot = async (...args) => {
      await gate.pass();
      await inner(...args);
    };
    gate.hold();
    const save = watch(session.call('SAVE'));
    await turns();
    const after = watch(session.call('SET', 'k', 'after'));
    assert.equal(await other.call('SET', 'k', 'meanwhile'), 'OK');
    assert.equal(await other.call('GET', 'k'), 'meanwhile');
    assert.deepEqual([save.settled, after.settled], [false, false]);
    gate.open();
    assert.deepEqual([await save.promise, await after.promise], ['OK', 'OK']);
    assert.equal(await other.call('GET', 'k'), 'after');
    await host.close();
  });

  test('requests in the same message as SAVE keep their order', async () => {
    const { host, session } = await openStore();
    assert.deepEqual(
      await session.all(['SET', 'k', '1'], ['SAVE'], ['INCR', 'k'], ['SAVE'], ['GET', 'k']),
      ['OK', 'OK', 2, 'OK', '2'],
    );
    await host.close();
  });

  test('BGSAVE and BGREWRITEAOF answer at once with the words of Redis, and write', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'k', 'v');
    assert.equal(await session.call('BGSAVE'), 'Background saving started');
    assert.equal(
      await session.call('BGREWRITEAOF'),
      'Background append only file rewriting scheduled',
    );
    await turns(100);
    assert.deepEqual([...disk.snapshots.keys()], [1, 2]);
    assert.equal(
      await session.call('BGREWRITEAOF'),
      'Background append only file rewriting started',
    );
    await turns(100);
    await host.close();
  });

  test('a SAVE that fails answers with the error, and the store goes on', async () => {
    const { host, session, storage } = await openStore();
    await session.call('SET', 'k', 'v');
    storage.sealSnapshot = () => Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }));
    assert.equal(await outcome(session.call('SAVE')), 'REPLY');
    assert.equal(await session.call('GET', 'k'), 'v');
    await host.close();
  });

  test('SHUTDOWN closes the store without a reply', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'k', 'v');
    assert.equal(await outcome(session.call('SHUTDOWN', 'NOSAVE')), 'CLOSED');
    assert.equal(await outcome(host.flush()), 'CLOSED');
    assert.deepEqual(await contentsOf(disk, ['k']), ['v']);
  });
});

describe('CONFIG SET appendonly @P23', () => {
  test('off: nothing more is logged; on: the present state becomes the base first', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'a', '1');
    assert.equal(await session.call('CONFIG', 'SET', 'appendonly', 'no'), 'OK');
    const frames = disk.log.size;
    await session.call('SET', 'b', '2');
    await turns();
    assert.equal(disk.log.size, frames);
    assert.deepEqual(await contentsOf(disk, ['a', 'b']), ['1', null]);
    assert.equal(await session.call('CONFIG', 'SET', 'appendonly', 'yes'), 'OK');
    assert.deepEqual(await contentsOf(disk, ['a', 'b']), ['1', '2']);
    await session.call('SET', 'c', '3');
    await host.close();
    assert.deepEqual(await contentsOf(disk, ['a', 'b', 'c']), ['1', '2', '3']);
  });

  test('snapshots only: SAVE is what survives', async () => {
    const { host, session, disk } = await openStore({ log: false });
    await session.call('SET', 'a', '1');
    await session.call('SAVE');
    await session.call('SET', 'b', '2');
    assert.equal(disk.log.size, 0);
    assert.deepEqual(await contentsOf(disk, ['a', 'b'], { log: false }), ['1', null]);
    await host.flush();
    assert.deepEqual(await contentsOf(disk, ['a', 'b'], { log: false }), ['1', '2']);
    await host.close();
  });
});

describe('export and import', () => {
  async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source) pieces.push(piece);
    return pieces;
  }

  async function* from(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }

  test('an exported file imports into another store, replaces what was there, and survives', async () => {
    const source = await openStore();
    await fill(source.session, 300);
    const file = await bytesOf(source.host.export());
    const target = await openStore();
    await target.session.call('SET', 'old', 'v');
    assert.equal((await target.host.import(from(file))).keys, 300);
    assert.deepEqual(await target.session.all(['GET', 'old'], ['GET', 'k299']), [
      null,
      'value 299',
    ]);
    await target.session.call('SET', 'k299', 'new');
    await target.host.close();
    assert.deepEqual(await contentsOf(target.disk, ['old', 'k0', 'k299']), [
      null,
      'value 0',
      'new',
    ]);
    await source.host.close();
  });

  test('what was before an import is no spare for it: the log does not lead from there', async () => {
    const source = await openStore();
    await fill(source.session, 20);
    const file = await bytesOf(source.host.export());
    const { host, session, disk } = await openStore();
    await session.call('SET', 'old', 'v');
    await host.import(from(file));
    await session.call('SET', 'after', 'v');
    const chunk = disk.snapshots.get(1)?.[0] as Uint8Array;
    chunk[3] = (chunk[3] as number) ^ 1;
    assert.equal(await outcome(contentsOf(disk, ['old', 'k1', 'after'])), 'CORRUPT');
    await host.close();
    await source.host.close();
  });

  test('a damaged file is rejected and nothing changes', async () => {
    const { host, session } = await openStore();
    await fill(session, 50);
    const file = await bytesOf(host.export());
    (file[0] as Uint8Array)[5] = ((file[0] as Uint8Array)[5] as number) ^ 1;
    assert.equal(await outcome(host.import(from(file))), 'IMPORT_REJECTED');
    assert.equal(
      await outcome(host.import(from(file.slice(0, 1).map((piece) => piece.slice(0, 20))))),
      'IMPORT_REJECTED',
    );
    assert.equal(await session.call('GET', 'k49'), 'value 49');
    await host.close();
  });

  test('an export that nobody reads on can be cancelled, and a save follows', async () => {
    const { host, session } = await openStore();
    await fill(session, 3000);
    const reader = host.exportRdb().getReader();
    await reader.read();
    await reader.cancel();
    await host.save();
    await host.close();
  });

  test('import dying at any write leaves the old or the new state', async () => {
    const source = await openStore();
    await fill(source.session, 20);
    const file = await bytesOf(source.host.export());
    for (let step = 1; ; step++) {
      const { host, session, storage, disk } = await openStore();
      await session.call('SET', 'old', 'v');
      const before = storage.writes;
      storage.dieAtWrite(before + step);
      const result = await outcome(host.import(from(file)));
      const loaded = await contentsOf(disk, ['old', 'k19']);
      const isOld = loaded[0] === 'v' && loaded[1] === null;
      const isNew = loaded[0] === null && loaded[1] === 'value 19';
      assert.ok(isOld || isNew, `step ${step}: ${String(loaded)}`);
      if (result === 'resolved') assert.ok(isNew);
      const isThrough = storage.writes < before + step;
      await host.close().catch(() => undefined);
      if (isThrough) break;
    }
    await source.host.close();
  });
});
