/**
 * Browsers drop a database, or bring back an older one, without a word. The witness lies outside
 * it; here it is a file in memory with the real format, over a disk that forgets.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RecoverMode } from '../../../web/host/recovery.ts';
import { WitnessKeeper } from '../../../web/host/witness-keeper.ts';
import { MemoryDisk } from '../../../web/storage/memory-storage.ts';
import {
  kWitnessFileBytes,
  kWitnessSlotAt,
  kWitnessSlotBytes,
  newestSlot,
  nextSlot,
} from '../../../web/storage/witness.ts';
import type { Witness, WitnessRecord } from '../../../web/storage/witness.ts';
import { copyOf, openStore, outcome } from './harness.ts';
import type { Store } from './harness.ts';
import { ManualScheduler } from './manual-scheduler.ts';

class WitnessFile implements Witness {
  readonly bytes = new Uint8Array(kWitnessFileBytes);
  writes = 0;
  isBroken = false;

  async read(): Promise<WitnessRecord | null> {
    return newestSlot(this.bytes)?.record ?? null;
  }

  async write(record: WitnessRecord, isClaim: boolean): Promise<void> {
    if (this.isBroken) throw new Error('no room');
    this.writes++;
    const next = nextSlot(newestSlot(this.bytes), record, isClaim);
    if (next !== null) this.bytes.set(next.bytes, next.at);
  }
}

interface Watched {
  readonly disk: MemoryDisk;
  readonly file: WitnessFile;
}

function opened({ disk, file }: Watched, recover?: RecoverMode): Promise<Store> {
  return openStore({ disk, witness: file, durability: 'always', recover });
}

/** A store with SET k1 … k<count>, closed, and the disk as it was after the first of them. */
async function written(count: number): Promise<Watched & { early: MemoryDisk }> {
  const watched = { disk: new MemoryDisk(), file: new WitnessFile() };
  const { host, session } = await opened(watched);
  await session.call('SET', 'k1', '1');
  const early = copyOf(watched.disk);
  for (let n = 2; n <= count; n++) await session.call('SET', `k${n}`, String(n));
  await host.close();
  return { ...watched, early };
}

describe('a store that the browser lost', () => {
  test('is STORAGE_VANISHED, as often as it is opened, and is left as it is', async () => {
    const { file } = await written(3);
    const disk = new MemoryDisk();
    assert.equal(await outcome(opened({ disk, file })), 'STORAGE_VANISHED');
    assert.equal(await outcome(opened({ disk, file })), 'STORAGE_VANISHED');
    assert.equal(await outcome(opened({ disk, file }, 'skip-damaged')), 'STORAGE_VANISHED');
    assert.equal(disk.manifest, null);
  });

  test('begins anew when the loss is accepted, and says what was lost', async () => {
    const { file } = await written(3);
    const disk = new MemoryDisk();
    const { host, session } = await opened({ disk, file }, 'accept-loss');
    assert.match(host.recovery?.loss ?? '', /dropped this store/);
    await session.call('SET', 'new', '1');
    await host.close();
    const again = await opened({ disk, file });
    assert.equal(again.host.recovery?.loss, null);
    assert.equal(await again.session.call('GET', 'new'), '1');
  });

  test('that was replaced by another one is FOREIGN_STORE', async () => {
    const { file } = await written(3);
    const other = await written(5);
    assert.equal(await outcome(opened({ disk: other.disk, file })), 'FOREIGN_STORE');
    assert.equal(await outcome(opened({ disk: other.disk, file }, 'accept-loss')), 'resolved');
  });
});

describe('a store that the browser set back', () => {
  test('is ROLLBACK_DETECTED before anything is written to it', async () => {
    const { early, file } = await written(4);
    const before = copyOf(early);
    assert.equal(await outcome(opened({ disk: early, file })), 'ROLLBACK_DETECTED');
    assert.equal(await outcome(opened({ disk: early, file })), 'ROLLBACK_DETECTED');
    assert.deepEqual(copyOf(early), before);
  });

  test('goes on from there when the loss is accepted', async () => {
    const { early, file } = await written(4);
    const { host, session } = await opened({ disk: early, file }, 'accept-loss');
    assert.match(host.recovery?.loss ?? '', /older state/);
    assert.deepEqual(await session.all(['GET', 'k1'], ['GET', 'k4']), ['1', null]);
    await host.close();
    assert.equal(await outcome(opened({ disk: early, file })), 'resolved');
  });

  test('does not accuse one whose damaged end was given up by choice', async () => {
    const { disk, file } = await written(4);
    const lsns = disk.sortedLsns();
    const middle = disk.log.get(lsns[2] as bigint) as Uint8Array;
    middle[middle.length >> 1] = (middle[middle.length >> 1] as number) ^ 1;
    assert.equal(await outcome(opened({ disk, file })), 'CORRUPT');
    assert.equal(await outcome(opened({ disk, file }, 'before-damage')), 'resolved');
  });
});

describe('the witness', () => {
  test('is a lower bound: what only relaxed writes hold may be lost with the power', async () => {
    const disk = new MemoryDisk();
    const file = new WitnessFile();
    const { session } = await openStore({ disk, witness: file, durability: 'no' });
    for (let n = 0; n < 20; n++) await session.call('SET', `k${n}`, 'v');
    await session.call('SAVE');
    for (let n = 0; n < 20; n++) await session.call('SET', `l${n}`, 'v');
    disk.losePower();
    const again = await openStore({ disk: copyOf(disk), witness: file });
    assert.equal(again.host.recovery?.loss, null);
  });

  test('is written at once when a store is opened, then once a second while it moves', async () => {
    const file = new WitnessFile();
    const { session, scheduler, host } = await opened({ disk: new MemoryDisk(), file });
    assert.equal(file.writes, 1);
    for (let n = 0; n < 50; n++) await session.call('SET', `k${n}`, 'v');
    assert.equal(file.writes, 1);
    scheduler.advance(999);
    await session.call('PING');
    assert.equal(file.writes, 1);
    scheduler.advance(1);
    await session.call('PING');
    assert.equal(file.writes, 2);
    assert.equal(host.status.witnessed, true);
    const reached = newestSlot(file.bytes)?.record.lsn ?? 0n;
    assert.ok(reached > 50n, String(reached));
    await session.call('SET', 'last', 'v');
    await host.close();
    assert.equal(newestSlot(file.bytes)?.record.lsn, reached + 1n);
  });

  test('that cannot be written harms nobody, and the status says so', async () => {
    const file = new WitnessFile();
    file.isBroken = true;
    const { host, session } = await opened({ disk: new MemoryDisk(), file });
    assert.equal(await session.call('SET', 'k', 'v'), 'OK');
    assert.equal(host.status.witnessed, false);
    await host.close();
  });

  test('survives a write that was cut off anywhere, in the older of its slots', () => {
    const dbId = new Uint8Array(16).fill(7);
    const file = new Uint8Array(kWitnessFileBytes);
    for (let lsn = 1n; lsn <= 6n; lsn++) {
      const next = nextSlot(newestSlot(file), { dbId, epoch: 1n, lsn }, false);
      assert.ok(next !== null);
      for (let length = 0; length < kWitnessSlotBytes; length++) {
        const torn = file.slice();
        torn.set(next.bytes.subarray(0, length), next.at);
        const found = newestSlot(torn)?.record.lsn ?? 0n;
        // The whole of it may be there before its last bytes, which are the same as before.
        assert.ok(found === lsn - 1n || found === lsn, `${found} after ${length} bytes of ${lsn}`);
      }
      file.set(next.bytes, next.at);
      assert.equal(newestSlot(file)?.record.lsn, lsn);
      assert.ok(next.at === 0 || next.at === kWitnessSlotAt);
    }
  });

  test('is not set back by a writer that was overtaken', () => {
    const dbId = new Uint8Array(16).fill(7);
    const file = new Uint8Array(kWitnessFileBytes);
    const first = nextSlot(null, { dbId, epoch: 5n, lsn: 90n }, true);
    file.set(first?.bytes ?? [], first?.at);
    const last = newestSlot(file);
    assert.equal(nextSlot(last, { dbId, epoch: 4n, lsn: 99n }, false), null);
    assert.notEqual(nextSlot(last, { dbId, epoch: 4n, lsn: 99n }, true), null);
    assert.notEqual(nextSlot(last, { dbId, epoch: 5n, lsn: 91n }, false), null);
  });

  test('keeps the order of its writes, and forgets what was noted when it is stopped', async () => {
    const file = new WitnessFile();
    const scheduler = new ManualScheduler();
    const keeper = new WitnessKeeper(file, scheduler);
    const dbId = new Uint8Array(16).fill(1);
    await keeper.claim({ dbId, epoch: 1n, lsn: 1n });
    keeper.note({ dbId, epoch: 1n, lsn: 2n });
    keeper.stop();
    scheduler.advance(5_000);
    assert.equal((await keeper.read())?.lsn, 1n);
    keeper.note({ dbId, epoch: 1n, lsn: 3n });
    await keeper.close();
    assert.equal((await keeper.read())?.lsn, 3n);
    assert.equal(scheduler.armed, 0);
  });
});
