/** Some tabs with one store and nothing that goes wrong but what the test does; real engines. */
import { Client } from '../../../web/client/client.ts';
import { Host } from '../../../web/host/host.ts';
import { IndexedDbStorage } from '../../../web/storage/indexeddb-storage.ts';
import { Member } from '../../../web/worker/member.ts';
import { makeEngine } from '../host/harness.ts';
import { SimChannels, simScheduler, SimLocks } from './sim-browser.ts';
import { SimDatabase, simFactory, SimKeyRange } from './sim-indexeddb.ts';
import { World } from './world.ts';
import type { SimTab } from './world.ts';

const kStepMs = 100;

export interface OpenTab extends SimTab {
  readonly member: Member;
  readonly db: Client;
}

export class Tabs {
  readonly world: World;
  readonly channels: SimChannels;
  readonly database: SimDatabase;
  readonly #locks: SimLocks;

  constructor(seed = 1) {
    this.world = new World(seed);
    this.channels = new SimChannels(this.world);
    this.database = new SimDatabase(this.world);
    this.#locks = new SimLocks(this.world);
    (globalThis as { IDBKeyRange?: unknown }).IDBKeyRange = SimKeyRange;
  }

  /** The first one leads. */
  async open(): Promise<OpenTab> {
    const tab: SimTab = { isAlive: true, isFrozen: false };
    const scheduler = simScheduler(this.world, tab);
    const randomBytes = (count: number): Uint8Array => this.world.rng.bytes(count);
    const opening = Member.open({
      name: 's',
      manager: this.#locks.manager(tab),
      channels: this.channels.of(tab),
      scheduler,
      randomBytes,
      durability: 'commit',
      lead: (onEnded, holdsLead) =>
        Host.open({
          engine: (seed) => this.world.outside(makeEngine(seed)),
          storage: new IndexedDbStorage({
            name: 's',
            timers: scheduler,
            factory: simFactory(this.database, tab),
          }),
          scheduler,
          randomBytes,
          isShared: true,
          holdsLead,
          durability: 'commit',
          onEnded,
        }),
    });
    const member = await this.during(opening);
    const db = new Client('s', member, { timers: scheduler });
    return Object.assign(tab, { member, db });
  }

  /** Lets time go on until the promise has settled, at most for `ms`. */
  async during<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
    let isDone = false;
    const mark = (): void => void (isDone = true);
    promise.then(mark, mark);
    const end = this.world.now + ms;
    while (!isDone && this.world.now < end) {
      await this.world.run(Math.min(end, this.world.now + kStepMs), () => isDone);
      // Chains of promises that no event of the world is part of.
      await new Promise((next) => setImmediate(next));
    }
    if (!isDone) throw new Error(`nothing came in ${ms} ms`);
    return promise;
  }

  async pass(ms: number): Promise<void> {
    const passed = new Promise((resolve) => this.world.after(ms, null, () => resolve(null)));
    await this.during(passed, ms + 1_000);
  }

  /** As the browser's freezing a page, its Worker with it. */
  freeze(tab: OpenTab): void {
    this.world.freeze(tab);
  }

  thaw(tab: OpenTab): void {
    tab.member.pageChanged({ isVisible: true, hasSlept: true });
    this.world.thaw(tab);
  }

  /** As WebKit's putting it into the back/forward cache: its locks are free, and it is not told. */
  cache(tab: OpenTab): void {
    this.world.freeze(tab);
    this.#locks.releaseSilently(tab);
  }

  /** As a crash of the tab: its locks become free. */
  kill(tab: OpenTab): void {
    tab.isAlive = false;
    this.#locks.died(tab);
  }
}
