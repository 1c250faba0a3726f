/**
 * One history: some tabs with one store, clients that append, count and read, and things that go
 * wrong for a while; then calm. At the end everybody must have got an answer, and the answers must
 * be those of one store. Everything between client and IndexedDB is the production code.
 */

import { Pipeline } from '../../../web/client/pipeline.ts';
import type { EnginePort } from '../../../web/engine/engine-port.ts';
import { WadictError } from '../../../web/errors.ts';
import { Host } from '../../../web/host/host.ts';
import { IndexedDbStorage } from '../../../web/storage/indexeddb-storage.ts';
import { Member } from '../../../web/worker/member.ts';
import { History } from './history.ts';
import { MapEngine } from './map-engine.ts';
import { SimChannels, simScheduler, SimLocks } from './sim-browser.ts';
import { kNoFaults, SimDatabase, simFactory, SimKeyRange } from './sim-indexeddb.ts';
import { World } from './world.ts';
import type { SimTab } from './world.ts';

const kStormMs = 500;
/** Long enough for two frozen leaders in a row and a request that gives up. */
const kCalmMs = 120_000;
const kKeys = ['log:a', 'log:b', 'count:a'];

interface Tab extends SimTab {
  readonly id: number;
  readonly isVisible: boolean;
  member: Member | null;
  isClosed: boolean;
}

export interface Verdict {
  readonly seed: number;
  readonly wrong: string[];
  readonly acknowledged: number;
  readonly operations: number;
  readonly unknown: number;
  readonly leaders: number;
  readonly events: number;
  readonly trace: readonly string[];
}

export interface SimulationOptions {
  /** Default: a Map. */
  readonly makeEngine?: () => Promise<EnginePort>;
  readonly isTraced?: boolean;
}

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Verdict> {
  const simulation = new Simulation(seed, options);
  try {
    return await simulation.run();
  } catch (error) {
    return simulation.verdict(String(error));
  }
}

class Simulation {
  readonly #seed: number;
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #database: SimDatabase;
  readonly #locks: SimLocks;
  readonly #channels: SimChannels;
  readonly #history = new History();
  readonly #tabs: Tab[] = [];
  readonly #trace: string[] = [];
  readonly #wrong: string[] = [];
  #leaders = 0;
  #pieces = 0;
  #isCalm = false;
  /** A history of leaders that sleep with writes under way, while others go on writing. */
  readonly #isSleepy: boolean;

  constructor(seed: number, options: SimulationOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#world = new World(seed);
    this.#isSleepy = this.#world.rng.chance(0.25);
    this.#database = new SimDatabase(this.#world);
    this.#locks = new SimLocks(this.#world);
    this.#channels = new SimChannels(this.#world);
    Error.stackTraceLimit = 0; // thousands of errors, nobody reads where they were made
    (globalThis as { IDBKeyRange?: unknown }).IDBKeyRange = SimKeyRange;
  }

  async run(): Promise<Verdict> {
    const { rng } = this.#world;
    this.#drawFaults();
    for (let count = 2 + rng.below(3); count > 0; count--) this.#openTab();
    for (let count = 4 + rng.below(9); count > 0; count--)
      this.#world.after(20 + rng.next() * kStormMs, null, () => this.#strike());
    await this.#world.run(kStormMs + 100, () => false);
    this.#calmDown();
    const until = this.#world.now + kCalmMs;
    const isDone = (): boolean => this.#history.isAnswered;
    while (!isDone() && this.#world.now < until)
      await this.#world.run(this.#world.now + 50, () => false);
    if (!isDone()) this.#wrong.push('somebody was never answered');
    const finals = await this.#readAll();
    if (finals !== null) this.#wrong.push(...this.#history.check(finals));
    return this.verdict();
  }

  verdict(problem?: string): Verdict {
    if (problem !== undefined) this.#wrong.push(problem);
    const { operations, acknowledged } = this.#history;
    const unknown = operations.filter(
      ({ result }) => result !== 'open' && 'code' in result && result.code === 'OUTCOME_UNKNOWN',
    ).length;
    return {
      seed: this.#seed,
      wrong: this.#wrong,
      acknowledged,
      operations: operations.length,
      unknown,
      leaders: this.#leaders,
      events: this.#world.events,
      trace: this.#trace,
    };
  }

  // -- tabs and their clients --------------------------------------------------------------------

  #openTab(): Tab {
    const { rng } = this.#world;
    const tab: Tab = {
      id: this.#tabs.length,
      isAlive: true,
      isFrozen: false,
      isVisible: rng.chance(0.8),
      member: null,
      isClosed: false,
    };
    this.#tabs.push(tab);
    void this.#openMember(tab).then(
      (member) => {
        this.#note(`tab ${tab.id} is open`);
        tab.member = member;
        member.pageChanged({ isVisible: tab.isVisible, hasSlept: false });
        for (let count = 1 + rng.below(2); count > 0; count--) this.#startClient(tab, member);
      },
      (error: unknown) => {
        if (tab.isClosed || !tab.isAlive) return;
        this.#note(`tab ${tab.id} cannot open: ${String(error)}`);
        tab.isClosed = true;
        const code = error instanceof WadictError ? error.code : 'no WadictError';
        if (!['QUOTA_EXCEEDED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'FENCED'].includes(code))
          this.#wrong.push(`a tab could not open the store: ${String(error)}`);
      },
    );
    return tab;
  }

  #openMember(tab: Tab): Promise<Member> {
    const { rng } = this.#world;
    const scheduler = simScheduler(this.#world, tab);
    const randomBytes = (count: number): Uint8Array => rng.bytes(count);
    const { makeEngine: real } = this.#options;
    const makeEngine = async (): Promise<EnginePort> =>
      real === undefined ? new MapEngine() : this.#world.outside(real());
    return Member.open({
      name: 's',
      manager: this.#locks.manager(tab),
      channels: this.#channels.of(tab),
      scheduler,
      randomBytes,
      durability: 'commit',
      lead: (onEnded, holdsLead) => {
        this.#note(`tab ${tab.id} has the lock`);
        return Host.open({
          engine: makeEngine,
          storage: new IndexedDbStorage({
            name: 's',
            timers: scheduler,
            factory: simFactory(this.#database, tab),
          }),
          scheduler,
          randomBytes,
          isShared: true,
          holdsLead,
          durability: 'commit',
          rewrite: { minBytes: 600, factor: 0.1 },
          onEnded: (reason) => {
            this.#note(`tab ${tab.id} leads no more: ${reason.code} ${reason.message}`);
            onEnded(reason);
          },
        }).then((host) => {
          this.#leaders++;
          this.#note(`tab ${tab.id} leads epoch ${host.epoch}`);
          return host;
        });
      },
    });
  }

  /** Keeps up to three requests under way, then pauses. */
  #startClient(tab: Tab, member: Member): void {
    const { rng } = this.#world;
    const pipeline = new Pipeline(member.connect());
    let open = 0;
    const next = (): void => {
      if (this.#isCalm || tab.isClosed) return;
      for (let count = rng.below(4); count > 0 && open < 3; count--) {
        open++;
        void this.#ask(tab, pipeline).finally(() => open--);
      }
      this.#world.after(rng.next() * (this.#isSleepy ? 12 : 40), tab, next);
    };
    next();
  }

  async #ask(tab: Tab, pipeline: Pipeline): Promise<void> {
    const { rng } = this.#world;
    const kind = rng.pick(['append', 'append', 'read', 'count'] as const);
    const key = kind === 'count' ? 'count:a' : rng.pick(kKeys.slice(0, 2));
    const piece = kind === 'append' ? `${this.#pieces++};` : '';
    const argv = { append: ['APPEND', key, piece], read: ['GET', key], count: ['INCR', key] }[kind];
    const operation = this.#history.begin({ kind, key, piece, begunAt: this.#world.now, tab });
    const label = { command: argv[0] as string, key };
    try {
      const reply = await pipeline.call(argv, label, false, (found) => found);
      operation.result = { reply: typeof reply === 'bigint' ? Number(reply) : reply };
    } catch (error) {
      operation.result = { code: error instanceof WadictError ? error.code : String(error) };
    }
    operation.endedAt = this.#world.now;
    if ('code' in operation.result || this.#options.isTraced === true)
      this.#note(`tab ${tab.id} ${argv.join(' ')} -> ${JSON.stringify(operation.result)}`);
  }

  // -- what goes wrong ---------------------------------------------------------------------------

  #drawFaults(): void {
    const { rng } = this.#world;
    if (this.#isSleepy) {
      this.#database.faults = { ...kNoFaults, slow: 0.5, isFirefox: rng.chance(0.3) };
      return;
    }
    const rate = (share: number, most: number): number =>
      rng.chance(share) ? rng.next() * most : 0;
    this.#database.faults = {
      quota: rate(0.2, 0.05),
      lying: rate(0.3, 0.05),
      lost: rate(0.3, 0.05),
      silent: rate(0.1, 0.01),
      slow: rate(0.5, 0.3),
      isFirefox: rng.chance(0.3),
    };
    this.#channels.faults = {
      drop: rate(0.4, 0.2),
      double: rate(0.4, 0.2),
      late: rate(0.4, 0.3),
    };
  }

  #living(): Tab[] {
    return this.#tabs.filter(({ isAlive, isClosed }) => isAlive && !isClosed);
  }

  #strike(): void {
    const { rng } = this.#world;
    const living = this.#living();
    const leader = living.find(({ member }) => member !== null && isLeading(member));
    const victim = leader !== undefined && rng.chance(0.7) ? leader : rng.pick(living);
    if (victim === undefined) return void this.#openTab();
    if (this.#isSleepy) return this.#freeze(leader ?? victim, true);
    const kind = rng.pick(['kill', 'close', 'freeze', 'freeze', 'cache', 'cache', 'steal', 'open']);
    this.#note(`${kind} tab ${victim.id}`);
    switch (kind) {
      case 'kill':
        return this.#kill(victim);
      case 'close':
        return this.#close(victim);
      case 'freeze':
        return this.#freeze(victim, false);
      case 'cache':
        return this.#freeze(victim, true);
      case 'steal':
        return this.#steal(rng.pick(living));
      default:
        this.#openTab();
    }
  }

  #kill(tab: Tab): void {
    tab.isAlive = false;
    tab.isClosed = true;
    this.#locks.died(tab);
    this.#openTab();
  }

  #close(tab: Tab): void {
    tab.isClosed = true;
    void tab.member?.close().catch(() => undefined);
    this.#world.after(this.#world.rng.next() * 200, null, () => {
      if (!tab.isAlive) return;
      tab.isAlive = false;
      this.#locks.died(tab);
    });
    this.#openTab();
  }

  #freeze(tab: Tab, isCached: boolean): void {
    const { rng } = this.#world;
    this.#world.freeze(tab);
    if (isCached) this.#locks.releaseSilently(tab);
    const ms = rng.chance(0.7) ? rng.next() * 300 : rng.next() * 20_000;
    this.#world.after(ms, null, () => this.#thaw(tab));
  }

  #thaw(tab: Tab): void {
    if (!tab.isAlive || !tab.isFrozen) return;
    this.#note(`tab ${tab.id} goes on`);
    tab.member?.pageChanged({ isVisible: tab.isVisible, hasSlept: true }); // the page's event comes before everything that waited
    this.#world.thaw(tab);
  }

  /** Some script of the page takes the lock. */
  #steal(tab: Tab): void {
    const manager = this.#locks.manager(tab);
    manager.request('wadict:s:w', { steal: true }, () => Promise.resolve()).catch(() => undefined);
  }

  #calmDown(): void {
    this.#isCalm = true;
    this.#database.faults = { ...kNoFaults, isFirefox: this.#database.faults.isFirefox };
    this.#channels.faults = { drop: 0, double: 0, late: 0 };
    for (const tab of this.#tabs) this.#thaw(tab);
    this.#note('calm');
  }

  // -- the end -----------------------------------------------------------------------------------

  /** Through a tab of its own, as anybody would see it. */
  async #readAll(): Promise<Map<string, string> | null> {
    const tab = this.#openTab();
    await this.#world.run(this.#world.now + 60_000, () => tab.member !== null || tab.isClosed);
    if (tab.member === null) {
      this.#wrong.push('the store cannot be opened at the end');
      return null;
    }
    const pipeline = new Pipeline(tab.member.connect());
    const finals = new Map<string, string>();
    let failure: unknown;
    // A store that is down tries again with the first request after a second.
    const isRead = (): boolean => finals.size === kKeys.length;
    for (let attempt = 0; attempt < 5 && !isRead(); attempt++) {
      for (const key of kKeys) {
        pipeline
          .call(['GET', key], { command: 'GET', key }, false, (reply) => reply)
          .then(
            (reply) => finals.set(key, reply === null ? '' : String(reply)),
            (error: unknown) => (failure = error),
          );
      }
      await this.#world.run(this.#world.now + 2_000, isRead);
    }
    if (isRead()) return finals;
    this.#wrong.push(`the store cannot be read at the end: ${String(failure)}`);
    return null;
  }

  #note(text: string): void {
    if (this.#options.isTraced === true) this.#trace.push(`${this.#world.now.toFixed(3)} ${text}`);
  }
}

function isLeading(member: Member): boolean {
  try {
    return member.status.role === 'leader';
  } catch {
    return false; // it is not open yet
  }
}
