/** Observing keys from every tab: what one changes, or misses, the others come to know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, ObservingEnded } from '../../../web/client/changes.ts';
import type { OpenTab } from '../sim/tabs.ts';
import { Tabs } from '../sim/tabs.ts';

const kQuiet = { drop: 0, double: 0, late: 0 };

const brief = (change: Change | ObservingEnded): string => {
  if (change.type === 'ended') return `ended ${change.error.code}`;
  return `${change.type} ${change.type === 'resync' ? change.reason : change.key}`;
};

async function ear(tabs: Tabs, tab: OpenTab, pattern = '*'): Promise<string[]> {
  const heard: string[] = [];
  await tabs.during(tab.db.observe(pattern, (change) => heard.push(brief(change))).ready);
  return heard;
}

test('changes by any tab reach every tab; behind a new leader a resync, then all goes on', async () => {
  const tabs = new Tabs();
  const all = [await tabs.open(), await tabs.open(), await tabs.open()];
  const [leader, member, third] = all as [OpenTab, OpenTab, OpenTab];
  const ears = [];
  for (const tab of all) ears.push(await ear(tabs, tab, 'k*'));
  for (const [place, tab] of all.entries()) await tabs.during(tab.db.set(`k${place}`, 'x'));
  await tabs.during(member.db.del('k0'));
  await tabs.pass(10);
  for (const heard of ears) assert.deepEqual(heard, ['set k0', 'set k1', 'set k2', 'del k0']);

  tabs.kill(leader);
  await tabs.pass(1_000); // the followers ask for nothing meanwhile
  for (const heard of ears.slice(1)) assert.deepEqual(heard.slice(4), ['resync restarted']);
  await tabs.during(third.db.set('k3', 'x'));
  await tabs.during(third.db.set('other', 'x'));
  await tabs.pass(10);
  for (const heard of ears.slice(1))
    assert.deepEqual(heard.slice(4), ['resync restarted', 'set k3']);
  assert.equal(ears[0]?.length, 4);
});

test('a message that is lost is noticed by the next one, or if none comes, soon', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const heard = await ear(tabs, member);
  await tabs.pass(20_000);
  tabs.channels.faults = { ...kQuiet, drop: 1 };
  await tabs.during(leader.db.set('a', '1'));
  await tabs.pass(100);
  tabs.channels.faults = kQuiet;
  await tabs.during(leader.db.set('b', '1'));
  await tabs.pass(10);
  assert.deepEqual(heard, ['resync lost', 'set b']);
  await tabs.pass(20_000);

  tabs.channels.faults = { ...kQuiet, drop: 1 };
  await tabs.during(leader.db.set('c', '1'));
  await tabs.pass(100);
  tabs.channels.faults = kQuiet;
  assert.equal(heard.length, 2);
  await tabs.pass(2_000);
  assert.deepEqual(heard.slice(2), ['resync lost']);
});

test('a message that comes twice is told once', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const heard = await ear(tabs, member);
  tabs.channels.faults = { ...kQuiet, double: 1 };
  for (let n = 0; n < 20; n++) await tabs.during(leader.db.set(`k${n}`, 'x'));
  await tabs.pass(1_000);
  assert.deepEqual(
    heard.filter((one) => !one.startsWith('resync')),
    Array.from({ length: 20 }, (_, n) => `set k${n}`),
  );
});

test('what is missed for long is known after the next sleep', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const heard = await ear(tabs, member);
  await tabs.pass(20_000);
  let asked = 0;
  tabs.channels.loses = (message) => {
    const isAsked = (message as { bytes?: unknown }).bytes === null;
    if (isAsked) asked++;
    return isAsked || (message as { kind?: unknown }).kind === 'final';
  };
  await tabs.during(leader.db.set('a', '1'));
  await tabs.pass(600_000);
  assert.ok(asked > 1 && asked < 20, `asked ${asked} times`);
  tabs.channels.loses = () => false;
  assert.deepEqual(heard, []);
  tabs.thaw(member);
  await tabs.pass(100);
  assert.deepEqual(heard, ['resync lost']);
});

test('a tab whose locks were given away while it slept observes on', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const heard = await ear(tabs, member);
  for (let n = 0; n < 5; n++) await tabs.during(leader.db.set(`k${n}`, 'x'));
  await tabs.pass(20_000);
  assert.equal(heard.length, 5);
  for (const round of [1, 2]) {
    tabs.cache(member);
    await tabs.pass(1_000);
    await tabs.during(leader.db.set('missed', 'x'));
    tabs.thaw(member);
    await tabs.pass(3_000);
    assert.equal(heard.at(-1), 'resync restarted', `round ${round}`);
    await tabs.during(leader.db.set('behind', 'x'));
    await tabs.pass(100);
    assert.equal(heard.at(-1), 'set behind', `round ${round}`);
  }
});

for (const kind of ['welcome', 'requests'])
  test(`a new leader's session begins even if a message is lost (${kind})`, async () => {
    const tabs = new Tabs();
    const all = [await tabs.open(), await tabs.open(), await tabs.open()];
    const [leader, ...others] = all as [OpenTab, OpenTab, OpenTab];
    const ears = [await ear(tabs, others[0] as OpenTab), await ear(tabs, others[1] as OpenTab)];
    let lost = 0;
    tabs.channels.loses = (message) => {
      const isLost = (message as { kind?: unknown }).kind === kind;
      if (isLost) lost++;
      return isLost;
    };
    tabs.kill(leader);
    await tabs.pass(2_000);
    tabs.channels.loses = () => false;
    await tabs.pass(3_000);
    assert.ok(lost > 0);
    for (const heard of ears) assert.deepEqual(heard, ['resync restarted']);
  });

test('nobody observes, or nothing happens: no timer runs', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  await ear(tabs, leader);
  await ear(tabs, member);
  await tabs.during(leader.db.set('k', 'x'));
  await tabs.pass(60_000);
  const { events } = tabs.world;
  await tabs.pass(600_000);
  assert.ok(tabs.world.events - events <= 2, `${tabs.world.events - events} events in ten minutes`);
});

test('a tab that sleeps is sent a bounded number of messages, and knows when it wakes', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const heard = await ear(tabs, member);
  tabs.freeze(member);
  for (let n = 0; n < 1_500; n++) {
    leader.db.set('k', String(n)).catch(() => undefined);
    await null; // one request for each
    await null;
  }
  await tabs.during(leader.db.set('last', 'x'));
  await tabs.pass(600_000);
  tabs.thaw(member);
  await tabs.pass(2_000);
  assert.ok(heard.length < 1_501, `${heard.length} told`);
  assert.equal(heard.at(-1), 'resync lost');
  await tabs.during(leader.db.set('again', 'x'));
  await tabs.pass(10);
  assert.equal(heard.at(-1), 'set again');
});

/** A copy of the store as an observer keeps it: told what changed, it reads that. */
class Mirror {
  readonly copy = new Map<string, string>();
  #reading: Promise<unknown> = Promise.resolve();
  readonly #tab: OpenTab;

  constructor(tab: OpenTab) {
    this.#tab = tab;
    tab.db.observe('k*', (change) => this.#hear(change), { initial: true });
  }

  /** Resolves when what was heard so far has been read. */
  get settled(): Promise<unknown> {
    return this.#reading;
  }

  #hear(change: Change | ObservingEnded): void {
    if (change.type === 'ended') throw change.error;
    const read =
      change.type === 'resync'
        ? () => this.#readAll()
        : () => this.#read([change.key, ...(change.type === 'renamed' ? [change.newKey] : [])]);
    this.#reading = this.#reading.then(() => this.#again(read));
  }

  async #again(read: () => Promise<void>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return await read();
      } catch {
        // no leader at the moment
      }
    }
  }

  async #readAll(): Promise<void> {
    const keys = await this.#tab.db.keys('k*');
    for (const key of this.copy.keys()) if (!keys.includes(key)) this.copy.delete(key);
    if (keys.length > 0) await this.#read(keys);
  }

  async #read(keys: string[]): Promise<void> {
    const values = await this.#tab.db.mget(keys);
    keys.forEach((key, place) => {
      const value = values[place];
      if (typeof value === 'string') this.copy.set(key, value);
      else this.copy.delete(key);
    });
  }
}

/** Seeds from here on; another start is another set of histories. */
const kFrom = Number(process.env['WADICT_SIM_FROM'] ?? 1);
const kSeeds = Number(process.env['WADICT_OBSERVE_SEEDS'] ?? 12);

test(`copies kept by observing end as the store, whatever goes wrong (seeds from ${kFrom})`, async () => {
  for (let seed = kFrom; seed < kFrom + kSeeds; seed++) await storm(seed);
});

async function storm(seed: number): Promise<void> {
  const tabs = new Tabs(seed);
  const { rng } = tabs.world;
  let living = [await tabs.open(), await tabs.open(), await tabs.open()];
  const mirrors = new Map(living.map((tab) => [tab, new Mirror(tab)]));
  tabs.channels.faults = {
    drop: rng.next() * 0.2,
    double: rng.next() * 0.2,
    late: rng.next() * 0.3,
  };
  const key = (): string => `k${rng.below(12)}`;
  for (let round = 0; round < 60; round++) {
    for (const { db } of living) {
      if (rng.chance(0.5)) db.set(key(), String(round)).catch(() => undefined);
      if (rng.chance(0.2)) db.del(key()).catch(() => undefined);
      if (rng.chance(0.2)) db.rename(key(), key()).catch(() => undefined);
      if (rng.chance(0.02)) db.flushdb().catch(() => undefined);
    }
    if (rng.chance(0.06) && living.length > 1) {
      const victim = rng.pick(living);
      tabs.kill(victim);
      living = living.filter((tab) => tab !== victim);
    } else if (rng.chance(0.06)) {
      const sleeper = rng.pick(living);
      tabs.freeze(sleeper);
      tabs.world.after(rng.next() * 8_000, null, () => tabs.thaw(sleeper));
    }
    await tabs.pass(rng.next() * 400);
  }
  await tabs.pass(8_000);
  tabs.channels.faults = kQuiet;
  // A follower that a new leader's first word did not reach notices with its next request.
  for (const { db } of living)
    await tabs.during(
      db.get('k0').catch(() => null),
      120_000,
    );
  await tabs.pass(15_000);
  for (const tab of living) {
    const mirror = mirrors.get(tab) as Mirror;
    await tabs.during(mirror.settled, 120_000);
    const names = await tabs.during(tab.db.keys('k*'));
    const values = names.length === 0 ? [] : await tabs.during(tab.db.mget(names));
    const truth = new Map(names.map((name, place) => [name, values[place] as string]));
    const sorted = (map: Map<string, string>): string[][] => [...map].sort();
    assert.deepEqual(sorted(mirror.copy), sorted(truth), `seed ${seed}`);
  }
}
