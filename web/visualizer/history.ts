/**
 * The history of a session: hands every operation that the page sends to the lab Worker, which
 * executes them again, and goes back to any of them. What it costs the page is one message per
 * batch; the lab works while the page draws.
 *
 * Invariant: messages to the lab keep the order of the operations, whatever a beginning (a file of
 * what was there before) has to wait for.
 */
import { Client } from '../client/client.ts';
import { type PublicReply, toPublicReply } from '../client/reply-error.ts';
import { INCOMPLETE, ReplyDecoder } from '../resp/decode.ts';
import { type Argument, encodeRequests } from '../resp/encode.ts';
import type { TeachingOptions } from '../engine/teaching-module.ts';
import type { FromLab, Mark, Progress, Race, Seen, SeekReport, ToLab } from './lab/lab-protocol.ts';
import type { ScenarioResult } from './lab/scenario.ts';
import { LabBackend } from './lab-backend.ts';
import type { PageClock } from './page-clock.ts';

export interface HistoryOptions {
  readonly clock: PageClock;
  readonly worker: () => Worker;
  readonly onProgress: (history: History) => void;
}

/** Their effects are on the session, or they end or block it: they are not executed again. */
const kNotRepeated: ReadonlySet<string> = new Set(
  (
    'QUIT SHUTDOWN HELLO RESET AUTH CLIENT MONITOR SUBSCRIBE PSUBSCRIBE SSUBSCRIBE WAIT WAITAOF ' +
    'BLPOP BRPOP BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP BRPOPLPUSH XREAD SAVE BGSAVE ' +
    'BGREWRITEAOF'
  ).split(' '),
);

function isRepeated(words: readonly Argument[]): boolean {
  const [name = '', ...rest] = words.map((word) => String(word).toUpperCase());
  if (name === 'XREADGROUP') return !rest.includes('BLOCK'); // it changes the group
  return !kNotRepeated.has(name);
}

/** Null: the history ended before there was an answer. */
type Answer = SeekReport | Uint8Array | Race | ScenarioResult;
type Ask = (answer: Answer | null) => void;

export class History {
  readonly #options: HistoryOptions;
  #worker: Worker | null = null;
  #backend: LabBackend | null = null;
  #db: Client | null = null;
  #count = 0;
  #held: ToLab[] | null = null;
  #asked = new Map<number, Ask>();
  #lastId = 0;
  #marks: Mark[] = [];
  #progress: Progress | null = null;
  #endReason: string | null = 'no store is open';
  #generation = 0;
  #layout: TeachingOptions | null = null;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Operations so far. */
  get count(): number {
    return this.#count;
  }
  get marks(): readonly Mark[] {
    return this.#marks;
  }
  get progress(): Progress | null {
    return this.#progress;
  }
  /** Null while there is a history. */
  get endReason(): string | null {
    return this.#endReason;
  }
  /** Answers for the position that was last sought. */
  get db(): Client | null {
    return this.#db;
  }

  /** It begins anew, with what `base` (an RDB file) has. */
  async begin(seed: bigint, base: Promise<Uint8Array> | null): Promise<void> {
    const generation = ++this.#generation;
    this.#forget('it begins anew');
    const worker = this.#start();
    this.#held = [];
    this.#endReason = null;
    this.#options.onProgress(this);
    const timeMs = this.#options.clock.now();
    let file: Uint8Array | null = null;
    try {
      file = base === null ? null : await base;
    } catch {
      if (generation === this.#generation) this.end('what is stored could not be read');
      return;
    }
    if (generation !== this.#generation) return;
    worker.postMessage({ kind: 'reset', seed, base: file, timeMs } satisfies ToLab);
    if (this.#layout !== null) {
      worker.postMessage({ kind: 'layout', options: this.#layout } satisfies ToLab);
    }
    const held: ToLab[] = this.#held ?? [];
    this.#held = null;
    for (const message of held) worker.postMessage(message);
  }

  /** Commands that are being sent to the store, in this order. */
  record(commands: readonly (readonly Argument[])[]): void {
    if (this.#endReason !== null) return;
    const repeated = commands.filter(isRepeated);
    if (repeated.length === 0) return;
    this.#count += repeated.length;
    this.#send(repeated, false);
  }

  /** What a look at the live store showed. */
  seen(seen: Omit<Seen, 'timeMs'>): void {
    if (this.#endReason !== null) return;
    this.#post({ kind: 'seen', ...seen, timeMs: this.#options.clock.now() });
  }

  /** Null: the history ended meanwhile. */
  seek(position: number): Promise<SeekReport | null> {
    return this.#ask<SeekReport>((id) => ({ kind: 'seek', id, position }));
  }

  /** Chooses the reference layout that `viewLayout` shows, now and after every new beginning. */
  chooseLayout(options: TeachingOptions): void {
    this.#layout = options;
    this.#post({ kind: 'layout', options });
  }

  /** The chosen layout behind `position` operations (teaching_layouts.h). */
  viewLayout(position: number): Promise<Uint8Array | null> {
    return this.#ask<Uint8Array>((id) => ({ kind: 'view', id, position }));
  }

  /**
   * Asks an engine with 16,384 slots that does the same operations, behind `position` of them. Null
   * where there is none: a file with several databases, for one, fits no engine with slots.
   */
  async askSlots(
    position: number,
    questions: readonly (readonly Argument[])[],
  ): Promise<PublicReply[] | null> {
    const bytes = encodeRequests(questions);
    const answer = await this.#ask<Uint8Array>((id) => ({ kind: 'slots', id, position, bytes }));
    if (answer === null || answer.length === 0) return null;
    const decoder = new ReplyDecoder();
    decoder.push(answer);
    return questions.map(() => {
      const reply = decoder.next(true);
      return reply === INCOMPLETE ? null : toPublicReply(reply);
    });
  }

  /** The requests of all operations, one after the other. */
  operations(): Promise<Uint8Array | null> {
    return this.#ask<Uint8Array>((id) => ({ kind: 'log', id }));
  }

  /** Plays a scenario on an engine of its own. */
  play(scenario: string): Promise<ScenarioResult | null> {
    return this.#ask<ScenarioResult>((id) => ({ kind: 'play', id, scenario }));
  }

  race(count: number): Promise<Race | null> {
    return this.#ask<Race>((id) => ({ kind: 'race', id, count }));
  }

  #ask<T extends Answer>(message: (id: number) => ToLab): Promise<T | null> {
    if (this.#endReason !== null) return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, (answer) => resolve(answer as T | null));
      this.#post(message(id));
    });
  }

  #answer(id: number, answer: Answer): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  /** There is none until the next `begin`. */
  end(reason: string): void {
    this.#forget(reason);
    this.#options.onProgress(this);
  }

  /** What holds the rehash or lets it go on: it changes nothing that could be gone back to. */
  recordExtra(command: readonly Argument[]): void {
    if (this.#endReason === null) this.#send([command], true);
  }

  #send(commands: readonly (readonly Argument[])[], isExtra: boolean): void {
    const bytes = encodeRequests(commands);
    this.#post({ kind: 'record', bytes, isExtra, timeMs: this.#options.clock.now() });
  }

  #post(message: ToLab): void {
    if (this.#held !== null) this.#held.push(message);
    else this.#worker?.postMessage(message);
  }

  #start(): Worker {
    const worker = this.#options.worker();
    const backend = new LabBackend((bytes) => this.#post({ kind: 'ask', bytes }));
    worker.onmessage = ({ data }: MessageEvent<FromLab>) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.end('its Worker could not be started');
    };
    this.#worker = worker;
    this.#backend = backend;
    this.#db = new Client('history', backend);
    return worker;
  }

  #hear(message: FromLab): void {
    switch (message.kind) {
      case 'progress':
        this.#progress = message.progress;
        this.#marks.push(...message.progress.marks);
        this.#options.onProgress(this);
        break;
      case 'sought':
        this.#answer(message.id, message.report);
        break;
      case 'viewed':
      case 'slotted':
      case 'logged':
        this.#answer(message.id, message.bytes);
        break;
      case 'played':
        this.#answer(message.id, message.result);
        break;
      case 'raced':
        this.#answer(message.id, message.race);
        break;
      case 'reply':
        this.#backend?.onReply(message.bytes);
        break;
      case 'ended':
        this.end(message.reason);
        break;
    }
  }

  #forget(reason: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#backend?.end(reason);
    this.#backend = null;
    this.#db = null;
    this.#held = null;
    this.#count = 0;
    this.#marks = [];
    this.#progress = null;
    this.#endReason = reason;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const resolve of asked) resolve(null);
  }
}
