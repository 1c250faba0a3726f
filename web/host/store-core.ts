/**
 * The running part of a store: sessions, the engine that serves them, and what happens when that
 * engine or a commit fails.
 *
 *   session -> inbox -> engine.execute (one at a time, to completion) -> owed replies
 *                           |                                               ^
 *                           v  log                                          | released by position
 *                       CommitQueue -> storage.append ----------------------+
 *
 * After a failure the engine is thrown away and built anew from the storage; sessions keep their
 * settings. Requests whose effects are lost by that are answered with the error, those already in
 * the log with their replies; none is left unanswered. States: running; paused (requests wait in
 * their inboxes); down (a rebuild failed: requests are refused, and the next one after a second
 * tries again); ended (for good: sessions are closed with the reason).
 */

import { EngineError } from '../engine/engine-error.ts';
import type { HostRequest, ReplyChunk } from '../engine/engine-port.ts';
import { WadictError } from '../errors.ts';
import { StorageError } from '../storage/storage.ts';
import type { Storage } from '../storage/storage.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { kDurabilityRules } from './durability.ts';
import type { Durability } from './durability.ts';
import { EngineLife } from './engine-life.ts';
import { EngineSettings, openSession } from './engine-settings.ts';
import { HostClock } from './host-clock.ts';
import { asWadictError } from './host-errors.ts';
import type { HostOptions } from './host-options.ts';
import { HostRequests } from './host-requests.ts';
import type { HostControl } from './host-requests.ts';
import { cryptoBytes, recover } from './recovery.ts';
import type { Recovered, RecoveryReport } from './recovery.ts';
import { systemScheduler } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { kBrowserRewrite, RewritePolicy } from './snapshot-policy.ts';
import { configure } from './parameters.ts';
import { RoomWatch } from './room-watch.ts';
import { kFullError } from './write-gate.ts';

const kRetryAfterMs = 1_000;
/** Failures in a row, without one request that worked, after which the host gives up. */
const kMaxFailures = 3;
/** After these nothing that this host could still write would be right. */
const kFinalCodes = new Set([
  'FENCED',
  'RELOAD_REQUIRED',
  'STORAGE_VANISHED',
  'FOREIGN_STORE',
  'FORMAT_TOO_NEW',
]);

export class StoreCore implements ConnectionOwner, HostControl {
  readonly scheduler: Scheduler;
  readonly clock: HostClock;
  readonly storage: Storage | null;
  readonly policy: RewritePolicy;
  readonly room: RoomWatch;
  isLogged: boolean;
  recovery: RecoveryReport | null = null;
  lastError: { code: string; message: string } | null = null;
  readonly #options: HostOptions;
  readonly #onChanged: () => void;
  readonly #onMoved: () => void;
  readonly #onShutdown: (isSaved: boolean) => Promise<void>;
  readonly #requests = new HostRequests(this);
  readonly #connections = new Set<Connection>();
  readonly #settings: EngineSettings;
  #durability: Durability;
  #life: EngineLife | null = null;
  #down: WadictError | null = null;
  #ended: WadictError | null = null;
  #downSince = 0;
  #pauses = 0;
  #pausing: Promise<unknown> = Promise.resolve();
  #failures = 0;

  constructor(
    options: HostOptions,
    events: {
      onChanged: () => void;
      onMoved: () => void;
      onShutdown: (isSaved: boolean) => Promise<void>;
    },
  ) {
    this.#options = options;
    this.#onChanged = events.onChanged;
    this.#onMoved = events.onMoved;
    this.#onShutdown = events.onShutdown;
    this.scheduler = options.scheduler ?? systemScheduler();
    this.clock = new HostClock(this.scheduler, (from, to) => {
      this.note(new WadictError('OUT_OF_RANGE', `the clock went back from ${from} to ${to} ms`));
    });
    this.storage = options.storage;
    this.isLogged = options.storage !== null && (options.log ?? true);
    this.#durability = options.durability ?? 'commit';
    this.#settings = new EngineSettings(options.savePoints ?? '');
    this.policy = new RewritePolicy(options.rewrite ?? kBrowserRewrite);
    this.room = new RoomWatch(this.storage, this.scheduler, () => {
      this.#life?.queue?.retry();
      this.#onChanged();
    });
  }

  /** REQUIRES: start() resolved. */
  get life(): EngineLife {
    if (this.#life === null) throw new WadictError('CLOSED', 'the store is not open');
    return this.#life;
  }
  get durability(): Durability {
    return this.#durability;
  }
  get ended(): WadictError | null {
    return this.#ended;
  }
  get isDegraded(): boolean {
    return this.#down !== null || this.#ended !== null;
  }

  setDurability(durability: Durability): void {
    this.#durability = durability;
    this.#life?.queue?.setRules(kDurabilityRules[durability]);
    this.#releaseAll();
    this.#onChanged();
  }

  // -- engines -----------------------------------------------------------------------------------

  /** Recovers what is stored and serves it. */
  async start(isClaimed: boolean): Promise<void> {
    const { storage } = this;
    const recovered =
      storage === null
        ? await this.#blank()
        : await recover({
            makeEngine: this.#options.engine,
            storage,
            facts: await storage.open(),
            mode: this.#options.recover ?? 'refuse',
            isLogged: this.isLogged,
            isClaimed,
            now: () => this.clock.now(),
            randomBytes: this.#options.randomBytes ?? cryptoBytes,
          });
    this.recovery = recovered.report;
    this.adopt(recovered);
  }

  /** Makes an engine the one that serves. Sessions get the settings they had. */
  adopt(recovered: Recovered): void {
    this.clock.seen(recovered.manifest?.wallMs ?? 0);
    const life = new EngineLife(recovered, this.isLogged, {
      storage: this.storage,
      scheduler: this.scheduler,
      now: () => this.clock.now(),
      rules: kDurabilityRules[this.#durability],
      onCommitted: () => this.#committed(),
      onFailed: (error) => this.#failed(error),
      onRoom: (isFull) => this.#roomChanged(isFull),
      onHostRequests: (requests) => requests.forEach((request) => this.#requests.handle(request)),
    });
    const now = this.clock.now();
    this.#settings.apply(life.engine, now, this.isLogged, this.#durability);
    for (const connection of this.#connections) openSession(connection, life.engine, now);
    this.#life = life;
    this.#down = null;
    life.background.wake();
    this.#onChanged();
  }

  async #blank(): Promise<Recovered> {
    const engine = await this.#options.engine();
    return { engine, manifest: null, nextLsn: 1n, epoch: 0n, logBytes: 0, report: null };
  }

  /** Runs `run` while no request runs; one at a time. */
  paused<T>(run: () => Promise<T>): Promise<T> {
    this.#pauses++;
    const turn = this.#pausing.then(run).finally(() => {
      this.#pauses--;
      if (this.#pauses === 0) this.#resume();
    });
    this.#pausing = turn.catch(() => undefined);
    return turn;
  }

  /** Rejects if nothing can run; else resolves when no pause is on. */
  async whenRunning(): Promise<void> {
    while (this.#pauses > 0 && this.#ended === null) await this.#pausing;
    const reason = this.#ended ?? this.#down;
    if (reason !== null) throw reason;
  }

  /** Nothing runs any more. Idempotent. */
  end(reason: WadictError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.room.stop();
    for (const connection of this.#connections) connection.end(reason);
    this.#connections.clear();
    void this.#life?.end(reason);
    this.#onChanged();
  }

  note(error: WadictError): void {
    this.lastError = { code: error.code, message: error.message };
    this.#onChanged();
  }

  // -- sessions ----------------------------------------------------------------------------------

  connect(): Connection {
    const connection = new Connection(this);
    if (this.#ended !== null) {
      connection.end(this.#ended);
      return connection;
    }
    this.#connections.add(connection);
    if (this.#pauses === 0 && this.#down === null) {
      try {
        openSession(connection, this.life.engine, this.clock.now());
      } catch (error) {
        this.#failed(error);
      }
    }
    return connection;
  }

  disconnect(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.end(new WadictError('CLOSED', 'the session was closed'));
    if (this.#pauses === 0 && this.#down === null)
      this.#life?.engine.closeSession(connection.session);
  }

  rememberConfig(names: string, request: Uint8Array): void {
    this.#settings.remember(names, request);
  }

  receive(connection: Connection): void {
    while (connection.inbox.length > 0 && !connection.isWaiting && !connection.isEnded) {
      if (this.#down !== null && !this.#revive()) {
        connection.refuse(connection.inbox.shift() as Uint8Array, this.#down);
        connection.release(null);
        continue;
      }
      if (this.#pauses > 0 || this.life.queue?.mustBlock()) return;
      this.#execute(connection, connection.inbox.shift() as Uint8Array);
    }
  }

  #execute(connection: Connection, bytes: Uint8Array): void {
    const { engine, gate } = this.life;
    const isGated = this.room.isFull && connection.scanner.isAtStart;
    const count = connection.scanner.feed(bytes);
    let chunk: ReplyChunk;
    try {
      const runner = isGated ? gate : engine;
      chunk = runner.execute(connection.session, bytes, this.clock.now());
      this.#failures = 0;
    } catch (error) {
      connection.oweErrors(count, asWadictError(error));
      if (!(error instanceof EngineError) || error.code === 'WORKER_DIED') this.#failed(error);
      else this.#release(connection);
      return;
    }
    connection.owe(count, chunk);
    if (connection.scanner.mayClose && engine.closing(connection.session))
      connection.endsWhenPaid = true;
    this.#absorb(connection, chunk);
  }

  #absorb(connection: Connection, chunk: ReplyChunk): void {
    this.life.note(chunk.logPosition);
    for (const request of chunk.hostRequests) this.#requests.handle(request);
    this.#release(connection);
  }

  #release(connection: Connection): void {
    const { queue } = this.life;
    const waits = queue !== null && kDurabilityRules[this.#durability].repliesWait;
    connection.release(waits ? queue.committedPosition : null);
  }

  #releaseAll(): void {
    if (this.#life === null) return;
    for (const connection of this.#connections) if (connection.hasOwed) this.#release(connection);
  }

  #resume(): void {
    if (this.#ended !== null || this.#life === null) return;
    for (const connection of this.#connections) this.receive(connection);
  }

  // -- what the engine asks for (HostControl) ----------------------------------------------------

  complete(life: EngineLife, request: HostRequest, error: string | null, text?: string): void {
    if (life !== this.#life || life.isEnded || this.#ended !== null) return;
    const connection = [...this.#connections].find(({ session }) => session === request.session);
    try {
      life.engine.completeHostRequest(request.id, error, text);
      if (connection === undefined) return;
      const late = life.engine.drain(connection.session);
      connection.complete(late);
      this.#absorb(connection, late);
    } catch (failure) {
      this.#failed(failure);
      return;
    }
    this.receive(connection);
  }

  configure(name: string, value: string): Promise<string | null> | null {
    return configure(this, name, value);
  }

  shutdown(isSaved: boolean): Promise<void> {
    return this.#onShutdown(isSaved);
  }

  noteFailure(error: unknown): void {
    const cause = asWadictError(error);
    if (cause.code === 'CLOSED') return; // given up on purpose
    if (cause.code === 'WORKER_DIED') this.#failed(error);
    else this.note(cause);
  }

  // -- commits and failures ----------------------------------------------------------------------

  #committed(): void {
    this.#releaseAll();
    this.#resume(); // `everysec` may have held requests back
    this.#onMoved();
    this.life.noteLogBytes();
    const rewriting = this.life.rewriteIfDue(this.policy, this.scheduler.elapsed());
    rewriting?.catch((error: unknown) => this.noteFailure(error));
  }

  #roomChanged(isFull: boolean): void {
    if (isFull) this.note(kFullError);
    // Where replies wait, a small frame that fits proves little: only the probe ends the state.
    if (isFull || !kDurabilityRules[this.#durability].repliesWait) this.room.set(isFull);
  }

  /** The engine, or a commit, failed. */
  #failed(error: unknown): void {
    const life = this.#life;
    if (this.#ended !== null || life === null || life.isEnded || life.isFailed) return;
    life.isFailed = true;
    const cause = asWadictError(error);
    this.note(cause);
    const isFinal = (error instanceof StorageError && error.final) || kFinalCodes.has(cause.code);
    const isFull = cause.code === 'QUOTA_EXCEEDED';
    if (isFinal || (!isFull && ++this.#failures > kMaxFailures)) return this.end(cause);
    if (isFull) this.room.set(true); // before any caller hears of it
    void this.paused(() => this.#rebuild(life, cause, isFull));
  }

  async #rebuild(life: EngineLife, cause: WadictError, isFull: boolean): Promise<void> {
    const { queue } = life;
    const shown = isFull ? kFullError : cause;
    if (queue !== null && !queue.isDead) {
      // What the engine had not handed over is lost; what it had is on its way and may arrive.
      for (const connection of this.#connections) connection.fail(queue.sealedPosition, shown);
      await queue.finishSealed();
    }
    const kept = queue?.committedPosition ?? null;
    for (const connection of this.#connections) {
      connection.fail(kept, shown);
      connection.release(kept);
    }
    await life.end(cause);
    await this.#restart(!isFull);
  }

  async #restart(isClaimed: boolean): Promise<void> {
    if (this.#ended !== null) return;
    try {
      await this.start(isClaimed);
    } catch (error) {
      const cause = asWadictError(error);
      this.#down = cause;
      this.#downSince = this.scheduler.elapsed();
      this.note(cause);
      if (kFinalCodes.has(cause.code)) this.end(cause);
    }
  }

  /** While down: true if another attempt is under way, so that requests may wait for it. */
  #revive(): boolean {
    if (this.#pauses > 0) return true;
    if (this.scheduler.elapsed() - this.#downSince < kRetryAfterMs) return false;
    void this.paused(() => this.#restart(true));
    return true;
  }
}
