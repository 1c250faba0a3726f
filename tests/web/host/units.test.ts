import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { WadictError } from '../../../web/errors.ts';
import { isBeginFrame } from '../../../web/host/frame-header.ts';
import { webLocks } from '../../../web/host/leadership.ts';
import type { LockManagerLike } from '../../../web/host/leadership.ts';
import {
  decodeManifest,
  emptyGeneration,
  encodeManifest,
  manifestSwitch,
} from '../../../web/host/manifest.ts';
import type { Manifest } from '../../../web/host/manifest.ts';
import { ClientMarks } from '../../../web/host/client-marks.ts';
import { RequestScanner, splitRequests } from '../../../web/host/request-scanner.ts';
import { crc32c } from '../../../web/storage/crc32c.ts';
import { makeEngine, outcome } from './harness.ts';
import { ManualScheduler } from './manual-scheduler.ts';
import { request } from './spied-engine.ts';

/** A small generator whose seed is shown when a test fails. */
function random(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9) | 0;
    return (state >>> 0) % below;
  };
}

describe('RequestScanner', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  test('counts requests however the bytes are cut', () => {
    for (let seed = 0; seed < 200; seed++) {
      const below = random(seed);
      const requests: Uint8Array[] = [];
      for (let count = below(8) + 1; count > 0; count--) {
        const argv = Array.from({ length: below(4) + 1 }, (_, index) =>
          index === 0 ? 'SET' : '\r\n$*'.repeat(below(30)),
        );
        requests.push(below(5) === 0 ? text('PING hello\r\n') : request(...argv));
      }
      const bytes = new Uint8Array(requests.reduce((sum, item) => sum + item.length, 0));
      requests.reduce((at, item) => (bytes.set(item, at), at + item.length), 0);
      const scanner = new RequestScanner();
      let counted = 0;
      for (let at = 0; at < bytes.length;) {
        const length = below(20) + 1;
        counted += scanner.feed(bytes.slice(at, at + length));
        at += length;
      }
      assert.equal(counted, requests.length, `seed ${seed}`);
      assert.equal(scanner.isAtStart, true, `seed ${seed}`);
      const whole = splitRequests(bytes);
      assert.equal(whole.requests.length, requests.length, `seed ${seed}`);
      assert.equal(whole.rest.length, 0, `seed ${seed}`);
    }
  });

  test('keeps the bytes of a half request to feed a new session with', () => {
    const scanner = new RequestScanner();
    const whole = request('SET', 'key', 'a long value');
    assert.equal(scanner.feed(whole.slice(0, 17)), 0);
    assert.deepEqual(scanner.replay().half, whole.slice(0, 17));
    assert.equal(scanner.feed(whole.slice(17)), 1);
    assert.equal(scanner.replay().half.length, 0);
  });

  test('remembers the last of each setting in the order that counts, and forgets at RESET', () => {
    const scanner = new RequestScanner();
    for (const argv of [
      ['HELLO', '3'],
      ['select', '1'],
      ['SET', 'SELECT', '9'],
      ['CLIENT', 'SETNAME', 'a'],
      ['CLIENT', 'ID'],
      ['SELECT', '2'],
    ]) {
      scanner.feed(request(...argv));
    }
    const { setup } = scanner.replay();
    assert.deepEqual(setup, [
      request('HELLO', '3'),
      request('CLIENT', 'SETNAME', 'a'),
      request('SELECT', '2'),
    ]);
    scanner.feed(request('RESET'));
    assert.deepEqual(scanner.replay().setup, []);
  });

  test('an open transaction, watched keys and subscriptions are part of the session', () => {
    const scanner = new RequestScanner();
    const feed = (...argv: string[]): void => void scanner.feed(request(...argv));
    const setup = (): Uint8Array[] => scanner.replay().setup;
    feed('WATCH', 'k');
    assert.ok(scanner.isWatching);
    const queued = [request('MULTI'), request('SET', 'k', 'v'), request('SELECT', '3')];
    for (const each of queued) scanner.feed(each);
    assert.deepEqual(setup(), [request('WATCH', 'k'), ...queued]);
    feed('EXEC');
    assert.ok(!scanner.isWatching);
    assert.deepEqual(setup(), [request('SELECT', '3')], 'SELECT has happened only now');
    for (const end of ['DISCARD', 'RESET']) {
      feed('MULTI');
      feed('SELECT', '5');
      feed(end);
      assert.deepEqual(setup(), end === 'RESET' ? [] : [request('SELECT', '3')]);
    }
    feed('WATCH', 'k');
    feed('UNWATCH');
    assert.ok(!scanner.isWatching && !scanner.isListening);
    feed('SUBSCRIBE', 'a', 'b');
    scanner.feed(text('subscribe c\r\n'));
    feed('PSUBSCRIBE', 'p*');
    feed('UNSUBSCRIBE', 'b');
    assert.ok(scanner.isListening);
    assert.deepEqual(setup().length, 2);
    assert.deepEqual(setup()[1], request('SUBSCRIBE', 'a', 'c'));
    feed('PUNSUBSCRIBE');
    feed('UNSUBSCRIBE');
    assert.ok(!scanner.isListening);
    assert.deepEqual(setup(), []);
  });

  test('an observed pattern belongs to the database in which it was asked for', () => {
    const scanner = new RequestScanner();
    const feed = (...argv: string[]): unknown => scanner.feed(request(...argv));
    feed('OBSERVE', 'a', 'b');
    feed('SELECT', '3');
    scanner.feed(text('observe b\r\n'));
    feed('SELECT', '0');
    feed('OBSERVE', 'a');
    assert.ok(scanner.isObserving && scanner.isListening);
    const again = Buffer.concat(scanner.replay().setup).toString().split('\r\n');
    const words = again.filter((line) => /^\w/.test(line)).join(' ');
    assert.equal(words, 'OBSERVE a OBSERVE b SELECT 3 OBSERVE b SELECT 0 SELECT 0 OBSERVE a');
    const other = new RequestScanner();
    for (const bytes of scanner.replay().setup) other.feed(bytes);
    assert.deepEqual(other.replay(), scanner.replay());
    feed('RESET');
    assert.ok(!scanner.isObserving && !scanner.isListening);
  });

  test('a request with a name of any length counts, and only an empty one does not', () => {
    for (const length of [0, 1, 255, 256, 32_768, 70_000]) {
      const scanner = new RequestScanner();
      assert.equal(scanner.feed(request('q'.repeat(length))), 1, `${length} bytes`);
      assert.equal(scanner.feed(text('*0\r\n\r\n  \r\n')), 0);
      assert.equal(scanner.mayClose, false);
    }
    const inline = new RequestScanner();
    assert.equal(inline.feed(text('  quit now\r\n')), 1);
    assert.equal(inline.mayClose, true);
  });

  test('hears of CONFIG SET with all its names', () => {
    const heard: string[] = [];
    const scanner = new RequestScanner((names) => heard.push(names));
    scanner.feed(request('CONFIG', 'SET', 'maxmemory', '1mb', 'save', '900 1'));
    scanner.feed(request('CONFIG', 'GET', 'save'));
    assert.deepEqual(heard, [' MAXMEMORY SAVE']);
  });

  test('after a protocol error one reply is owed, then nothing counts', () => {
    for (const broken of [
      '*x\r\n',
      '*1\r\n+oops\r\n',
      '*1\r\n$-5\r\n',
      '*99999999999999999999999\r\n',
    ]) {
      const scanner = new RequestScanner();
      assert.equal(scanner.feed(text(broken)), 1, broken);
      assert.equal(scanner.feed(request('PING')), 0, broken);
      assert.equal(scanner.mayClose, true, broken);
    }
  });

  test('a huge length costs nothing before its bytes come', () => {
    const scanner = new RequestScanner();
    assert.equal(scanner.feed(text('*2\r\n$3\r\nGET\r\n$536870912\r\n')), 0);
    for (let piece = 0; piece < 100; piece++) assert.equal(scanner.feed(new Uint8Array(1000)), 0);
    assert.ok(scanner.replay().half.length > 100_000);
  });
});

describe('manifest', () => {
  const sample: Manifest = {
    dbId: Uint8Array.from({ length: 16 }, (_, index) => index * 7),
    epoch: 2n ** 63n + 5n,
    wallMs: 1_800_000_000_123,
    chunkBytes: 61_440,
    base: {
      generation: 9,
      lsn: 2n ** 40n,
      chain: 2n ** 64n - 1n,
      bytes: 2 ** 40,
      chunks: 77,
      crc: 0xfedcba98,
    },
    previous: { generation: 8, lsn: 12n, chain: 1n, bytes: 5, chunks: 1, crc: 1 },
    marks: {
      clients: new Map([
        [7, 1],
        [2 ** 32 - 1, 2 ** 53 - 1],
      ]),
      forgottenEpoch: 3n,
    },
  };

  test('comes back as it was written, with and without a spare', () => {
    assert.deepEqual(decodeManifest(encodeManifest(sample)), sample);
    const alone: Manifest = { ...sample, base: emptyGeneration(3n), previous: null };
    assert.deepEqual(decodeManifest(encodeManifest(alone)), alone);
    assert.ok(encodeManifest(sample).length <= 1024);
  });

  test('every flipped bit and every cut is noticed', () => {
    const bytes = encodeManifest(sample);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.throws(() => decodeManifest(flipped), { code: 'CORRUPT' }, `bit ${bit}`);
    }
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(
        () => decodeManifest(bytes.slice(0, length)),
        { code: 'CORRUPT' },
        `length ${length}`,
      );
    }
  });

  test('tells the storage which parts are in use; generation 0 has no snapshot', () => {
    const { base, previous, logFrom, keepFrom } = manifestSwitch(sample);
    assert.deepEqual(
      { base, previous, logFrom, keepFrom },
      { base: 9, previous: 8, logFrom: 2n ** 40n + 1n, keepFrom: 13n },
    );
    const first = manifestSwitch({ ...sample, previous: emptyGeneration(0n) });
    assert.deepEqual([first.previous, first.keepFrom], [null, 1n]);
  });
});

test('a recovery takes marks back: what did not get into the store was not done @P27', () => {
  const marks = new ClientMarks(new ManualScheduler());
  marks.note(1, 9);
  marks.note(2, 4);
  marks.recovered({ clients: new Map([[1, 6]]), forgottenEpoch: 2n });
  assert.deepEqual([marks.last(1), marks.last(2)], [6, 0]);
  assert.deepEqual([...marks.record(5n).clients], [[1, 6]]);
  assert.ok(marks.mayHaveForgotten(2n) && !marks.mayHaveForgotten(3n));
  marks.note(1, 7);
  assert.equal(marks.last(1), 7);
});

describe('checksums and headers', () => {
  test('crc32c is the bit by bit checksum, whatever the length and place of the bytes', () => {
    const below = random(7);
    const slow = (bytes: Uint8Array, seed: number): number => {
      let crc = ~seed;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
      }
      return ~crc >>> 0;
    };
    const bytes = Uint8Array.from({ length: 300 }, () => below(256));
    for (let length = 0; length < 200; length++) {
      const part = bytes.subarray(length % 7, (length % 7) + length);
      assert.equal(crc32c(part, length), slow(part, length), `${length} bytes`);
    }
  });

  test('crc32c has the known check value, in one piece or several', () => {
    const bytes = new TextEncoder().encode('123456789');
    assert.equal(crc32c(bytes), 0xe3069283);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), 0xe3069283);
    }
  });

  test('a begin frame is recognized, others are not', async () => {
    const engine = await makeEngine();
    engine.setIdentity(new Uint8Array(16));
    engine.setLogging(true);
    const begin = engine.takeLog({ lsn: 1n, epoch: 1n, wallMs: 0, begin: true });
    const barrier = engine.takeLog({ lsn: 2n, epoch: 1n, wallMs: 0, barrier: true });
    assert.deepEqual(
      [begin, barrier].map((frame) => isBeginFrame(frame?.bytes ?? new Uint8Array())),
      [true, false],
    );
    assert.equal(isBeginFrame(new Uint8Array(3)), false);
  });
});

describe('leadership @P27', () => {
  /** The part of the Web Locks that is used, for one agent. */
  class Locks implements LockManagerLike {
    readonly #held = new Map<string, Promise<unknown>>();

    async request(
      name: string,
      options: LockOptions,
      callback: (lock: unknown) => Promise<void> | undefined,
    ): Promise<unknown> {
      if (options.ifAvailable && this.#held.has(name)) return callback(null);
      while (this.#held.has(name)) await this.#held.get(name)?.catch(() => undefined);
      const held = Promise.resolve(callback({ name })).finally(() => this.#held.delete(name));
      this.#held.set(name, held);
      return held;
    }
  }

  test('a second opener is told LOCKED, or waits and gets the lock when it is released', async () => {
    const locks = webLocks(new Locks());
    const lease = await locks.acquire('wadict:app:w', { wait: false });
    assert.equal(await outcome(locks.acquire('wadict:app:w', { wait: false })), 'LOCKED');
    const waiting = locks.acquire('wadict:app:w', { wait: true });
    lease.release();
    lease.release();
    const next = await waiting;
    assert.equal(await outcome(locks.acquire('wadict:app:w', { wait: false })), 'LOCKED');
    next.release();
  });

  test('a lock that is taken away is noticed', async () => {
    let steal: (error: Error) => void = () => undefined;
    const manager: LockManagerLike = {
      request: (_name, _options, callback) => {
        void callback({});
        return new Promise((_resolve, reject) => (steal = reject));
      },
    };
    const lease = await webLocks(manager).acquire('wadict:app:w', { wait: true });
    steal(new DOMException('stolen', 'AbortError'));
    await lease.lost;
  });

  test('locks that cannot be asked for are LOCKED with the reason', async () => {
    const manager: LockManagerLike = {
      request: () => Promise.reject(new DOMException('no', 'SecurityError')),
    };
    const error: unknown = await webLocks(manager)
      .acquire('x', { wait: false })
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof WadictError && error.code === 'LOCKED');
  });
});
