/**
 * Plays commands from a source. At teaching speed one by one: the command, its picture, one rehash
 * step (the engine's own are paused), its picture. Faster, in batches, and the engine steps itself.
 *
 * Invariant: one run at a time; `stop` ends it after what is under way.
 */
import type { Client } from '../client/client.ts';
import type { Argument } from '../resp/encode.ts';
import type { Command, CommandSource } from './generators.ts';
import { type Frame, sizeOf, thresholdOf } from './frame.ts';
import { decodeTables, type Tables } from './inspect-reply.ts';
import type { PageClock } from './page-clock.ts';
import { batchOf, isTeaching, type Speed } from './speed.ts';

interface Store {
  readonly db: Client;
  readonly database: number;
}

export interface PlayerOptions {
  readonly clock: PageClock;
  readonly store: () => Store | null;
  readonly speed: () => Speed;
  /** The next frame, drawn to its end. */
  readonly look: () => Promise<Frame | null>;
  /** Something was written; the picture may follow when it likes. */
  readonly touch: () => void;
  /** Told of every operation as it is sent. */
  readonly onSend: (operations: readonly (readonly Argument[])[]) => void;
  /** The rehash is held from now on, or goes on. */
  readonly onHold: (command: readonly Argument[]) => void;
  readonly onRound: (commands: number, ms: number) => void;
  readonly onPlaying: (isPlaying: boolean) => void;
  readonly onCommand: (command: Command, reply: unknown) => void;
  readonly onError: (error: unknown) => void;
}

export type RunEnd = 'stopped' | 'end of source' | 'failed';

/** Batches under way at once at full speed: the next is sent before the last is answered. */
const kInFlight = 3;
const kSearchMost = 1_000;

export class Player {
  readonly #options: PlayerOptions;
  #run: AbortController | null = null;
  #finished: Promise<unknown> = Promise.resolve();
  #isHeld: boolean | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  get isPlaying(): boolean {
    return this.#run !== null;
  }

  /** After a store was opened: it knows nothing of pauses yet. */
  storeChanged(): void {
    this.#isHeld = undefined;
  }

  async stop(): Promise<void> {
    this.#run?.abort();
    await this.#finished;
  }

  /** Plays until stopped or the source ends. `onTaken`: commands done so far. */
  play(source: CommandSource, onTaken: (count: number) => void = () => {}): Promise<RunEnd> {
    return this.#start(async (signal) => {
      let taken = 0;
      while (!signal.aborted) {
        const count = isTeaching(this.#options.speed())
          ? await this.#teach(source, signal)
          : await this.#rush(source, signal, (more) => onTaken(taken + more));
        if (count < 0) return 'end of source';
        taken += count;
        onTaken(taken);
      }
      return 'stopped';
    });
  }

  /** One command of the source with its rehash step, at teaching speed whatever the slider says. */
  step(source: CommandSource): Promise<RunEnd> {
    return this.#start(async () => {
      await this.hold(true);
      const [command] = await source.take(1);
      if (command === undefined) return 'end of source';
      await this.#one(command);
      return 'stopped';
    });
  }

  /** Sends a source to its end as it is: its rehash steps are among its commands. */
  repeat(source: CommandSource): Promise<RunEnd> {
    return this.#start(async (signal) => {
      await this.hold(true);
      while (!signal.aborted) {
        const commands = await source.take(kSearchMost);
        if (commands.length === 0) return 'end of source';
        await this.#send(commands);
      }
      return 'stopped';
    });
  }

  /** One rehash step. */
  stepRehash(): Promise<RunEnd> {
    return this.#start(async () => {
      await this.hold(true);
      await this.#moveOne();
      return 'stopped';
    });
  }

  /** Plays in batches up to the command with which the next rehash begins, and stops there. */
  toResize(source: CommandSource): Promise<RunEnd> {
    return this.#start(async (signal) => {
      await this.hold(true);
      await this.#finishRehash(signal);
      while (!signal.aborted) {
        const tables = await this.#tables();
        if (tables === null || tables.direction !== 'none') break;
        const commands = await source.take(missing(tables));
        if (commands.length === 0) return 'end of source';
        await this.#send(commands);
        this.#options.touch();
      }
      await this.#options.look();
      return 'stopped';
    });
  }

  /** Holds the engine's own rehash steps, or lets them go on. */
  async hold(isHeld: boolean): Promise<void> {
    const store = this.#options.store();
    if (store === null || this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    const words = ['INSPECT', 'PAUSE', store.database, isHeld ? 1 : 0] as const;
    this.#options.onHold(words);
    await store.db.call(...words);
  }

  /** What a command typed by hand pays while the rehash is held: one step. */
  async payStep(): Promise<void> {
    if (this.#isHeld !== true || this.#run !== null) return;
    await this.#moveOne();
  }

  async #start(run: (signal: AbortSignal) => Promise<RunEnd>): Promise<RunEnd> {
    await this.stop();
    const controller = new AbortController();
    this.#run = controller;
    this.#options.onPlaying(true);
    const guarded = async (): Promise<RunEnd> => {
      try {
        return await run(controller.signal);
      } catch (error) {
        this.#options.onError(error);
        return 'failed';
      } finally {
        if (this.#run === controller) this.#run = null;
        this.#options.onPlaying(this.#run !== null);
      }
    };
    const finished = guarded();
    this.#finished = finished;
    return finished;
  }

  /** One command at teaching speed; -1: the source is at its end. */
  async #teach(source: CommandSource, signal: AbortSignal): Promise<number> {
    const { clock, speed } = this.#options;
    const began = clock.elapsed();
    await this.hold(true);
    const [command] = await source.take(1);
    if (command === undefined) return -1;
    await this.#one(command);
    await clock.wait(Math.max(0, 1000 / speed().perSecond - (clock.elapsed() - began)), signal);
    return 1;
  }

  async #one(command: Command): Promise<void> {
    await this.#send([command]);
    const frame = await this.#options.look();
    if (frame !== null && frame.tables.direction !== 'none') await this.#moveOne();
  }

  async #moveOne(): Promise<void> {
    const store = this.#options.store();
    if (store === null) return;
    await this.#move(store, 1);
    await this.#options.look();
  }

  /** Batches at the chosen speed until it changes, the run is stopped or the source ends. */
  async #rush(
    source: CommandSource,
    signal: AbortSignal,
    onTaken: (count: number) => void,
  ): Promise<number> {
    const { clock, speed } = this.#options;
    const chosen = speed();
    await this.hold(false);
    const underWay: Promise<void>[] = [];
    let taken = 0;
    const began = clock.elapsed();
    while (!signal.aborted && speed() === chosen) {
      const commands = await source.take(batchOf(chosen));
      if (commands.length === 0) {
        await Promise.all(underWay);
        this.#options.touch();
        return taken === 0 ? -1 : taken;
      }
      underWay.push(this.#send(commands));
      if (underWay.length >= kInFlight) await underWay.shift();
      taken += commands.length;
      onTaken(taken);
      this.#options.touch();
      const due = (1000 * taken) / chosen.perSecond;
      await clock.wait(Math.max(0, due - (clock.elapsed() - began)), signal);
    }
    await Promise.all(underWay);
    this.#options.touch();
    return taken;
  }

  async #send(commands: readonly Command[]): Promise<void> {
    const store = this.#options.store();
    if (store === null) throw new Error('the store is closed');
    const { clock, onRound, onCommand } = this.#options;
    const began = clock.elapsed();
    this.#options.onSend(commands);
    const replies = await Promise.all(commands.map((words) => store.db.call(...words)));
    onRound(commands.length, clock.elapsed() - began);
    const [first] = commands;
    if (commands.length === 1 && first !== undefined) onCommand(first, replies[0]);
  }

  /** Moves buckets: an operation like any other. */
  #move(store: Store, buckets: number): Promise<unknown> {
    const words = ['INSPECT', 'STEP', store.database, buckets] as const;
    this.#options.onSend([words]);
    return store.db.call(...words);
  }

  async #tables(): Promise<Tables | null> {
    const store = this.#options.store();
    if (store === null) return null;
    return decodeTables(await store.db.callBuffer('INSPECT', 'DB', store.database));
  }

  async #finishRehash(signal: AbortSignal): Promise<void> {
    const store = this.#options.store();
    for (;;) {
      const tables = await this.#tables();
      if (store === null || tables === null || tables.direction === 'none' || signal.aborted)
        return;
      await this.#move(store, 4096);
    }
  }
}

/** Commands that can be sent at once without passing the next threshold unseen. */
function missing(tables: Tables): number {
  const size = sizeOf(tables, 0);
  if (size === 0) return 1;
  const toGrow = thresholdOf(size, 'grow') - tables.keys;
  const toShrink = tables.keys - thresholdOf(size, 'shrink');
  const nearest = size > 1 ? Math.min(toGrow, toShrink) : toGrow;
  return Math.max(1, Math.min(kSearchMost, nearest - 1));
}
