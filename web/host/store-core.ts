/**
 * The running part of a store: sessions, the engine that serves them, and what happens when that
 * engine or a commit fails.
 *
 *   session -> inbox -> engine.execute (one at a time, to completion) -> owed replies
 *                           |                                               ^
 *                           v  log                                          | released by position
 *                       CommitQueue -> storage.append ----------------------+
 *
 * States: running; paused (requests wait in their inboxes); down (a rebuild failed, repair.ts);
 * ended (for good: sessions are closed with the reason).
 */

import { EngineError } from '../engine/engine-error.ts';
import type { HostRequest, ReplyChunk } from '../engine/engine-port.ts';
import { WadictError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { ClientMarks } from './client-marks.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner, Numbered } from './connection.ts';
import { kDurabilityRules } from './durability.ts';
import type { Durability } from './durability.ts';
import { EngineLife } from './engine-life.ts';
import { EngineSettings } from './engine-settings.ts';
import { SessionTable } from './session-table.ts';
import type { SessionOwner } from './session-table.ts';
import { HostClock } from './host-clock.ts';
import { asWadictError } from './host-errors.ts';
import type { HostOptions } from './host-options.ts';
import { HostRequests } from './host-requests.ts';
import type { HostControl } from './host-requests.ts';
import { recoverStore } from './recover-store.ts';
import type { Recovered, RecoveryReport } from './recovery.ts';
import { systemScheduler } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { kBrowserRewrite, RewritePolicy } from './snapshot-policy.ts';
import { configure, endLog, writeLogOnce } from './parameters.ts';
import { Repair } from './repair.ts';
import type { Repairable } from './repair.ts';
import { RoomWatch } from './room-watch.ts';
import { isOvertaken, kOvertaken, Validity } from './validity.ts';
import { WitnessKeeper } from './witness-keeper.ts';
import { kFullError } from './write-gate.ts';

export class StoreCore implements ConnectionOwner, HostControl, Repairable, SessionOwner {
  readonly scheduler: Scheduler;
  readonly clock: HostClock;
  readonly storage: Storage | null;
  readonly policy: RewritePolicy;
  readonly room: RoomWatch;
  readonly marks: ClientMarks;
  readonly validity: Validity;
  /** Null: nothing would tell if the medium lost the store. */
  readonly witness: WitnessKeeper | null;
  isLogged: boolean;
  recovery: RecoveryReport | null = null;
  lastError: { code: string; message: string } | null = null;
  readonly #options: HostOptions;
  readonly #onChanged: () => void;
  readonly #onMoved: () => void;
  readonly #onShutdown: (isSaved: boolean) => Promise<void>;
  readonly #requests = new HostRequests(this);
  readonly connections = new Set<Connection>();
  readonly #sessions = new SessionTable(this);
  readonly #repair = new Repair(this);
  readonly #settings: EngineSettings;
  #durability: Durability;
  #life: EngineLife | null = null;
  #ended: WadictError | null = null;
  #pauses = 0;
  #pausing: Promise<unknown> = Promise.resolve();

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
    this.witness =
      options.storage !== null && options.witness
        ? new WitnessKeeper(options.witness, this.scheduler)
        : null;
    this.marks = new ClientMarks(this.scheduler);
    this.validity = new Validity(this.scheduler, options.isShared ?? false);
    this.isLogged = options.storage !== null && (options.log ?? true);
    this.#durability = options.durability ?? 'commit';
    this.#settings = new EngineSettings(options.savePoints ?? '', options.parameters ?? {});
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
  get serving(): EngineLife | null {
    return this.#life;
  }
  get isPaused(): boolean {
    return this.#pauses > 0;
  }
  get durability(): Durability {
    return this.#durability;
  }
  get ended(): WadictError | null {
    return this.#ended;
  }
  get isDegraded(): boolean {
    return this.#repair.down !== null || this.#ended !== null;
  }

  setDurability(durability: Durability): void {
    this.#durability = durability;
    this.#life?.queue?.setRules(kDurabilityRules[durability]);
    this.#releaseAll();
    this.#onChanged();
  }

  // -- engines -----------------------------------------------------------------------------------

  /** Recovers what is stored and serves it; `goingOn`: see RecoveryOptions. */
  async start(goingOn: bigint | null): Promise<void> {
    const { storage, witness, isLogged } = this;
    const now = (): number => this.clock.now();
    const opened = { storage, witness, isLogged, goingOn, now };
    const recovered = await recoverStore(this.#options, opened);
    this.recovery = recovered.report;
    this.marks.recovered(recovered.marks);
    this.adopt(recovered);
    const { manifest, epoch, nextLsn } = recovered;
    // What goes on after a failure may stand on frames that no strict write has followed yet.
    if (manifest === null || goingOn !== null) return;
    const claimed = witness?.claim({ dbId: manifest.dbId, epoch, lsn: nextLsn - 1n });
    void claimed?.then(() => this.#onChanged());
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
      onFailed: (error) => this.#repair.failed(error),
      onRoom: (isFull) => this.#roomChanged(isFull),
      onHostRequests: (requests) => requests.forEach((request) => this.#requests.handle(request)),
      onNews: (sessions) => this.#sessions.drain(sessions),
      isShared: this.#options.isShared ?? false,
      marks: this.marks,
    });
    const now = this.clock.now();
    this.#settings.apply(life.engine, now, this.isLogged, this.#durability);
    this.#sessions.reopen(this.connections, life.engine, now);
    this.#life = life;
    this.#releaseAll(); // whoever observes hears that this is another engine
    this.#repair.done();
    life.background.wake();
    this.#onChanged();
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
    if (this.validity.isDoubtful && this.#repair.down === null) void this.#prove();
    while (this.#pauses > 0 && this.#ended === null) await this.#pausing;
    const reason = this.#ended ?? this.#repair.down;
    if (reason !== null) throw reason;
  }

  /** Nothing runs any more. Idempotent. */
  end(reason: WadictError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.room.stop();
    this.witness?.stop();
    for (const connection of this.connections) connection.end(reason);
    this.connections.clear();
    void this.#life?.end(reason);
    this.#onChanged();
    this.#options.onEnded?.(reason);
  }

  note(error: WadictError): void {
    this.lastError = { code: error.code, message: error.message };
    this.#onChanged();
  }

  // -- sessions ----------------------------------------------------------------------------------

  /** `setup`: requests that bring a session into the state it had elsewhere. */
  connect(numbered: Numbered | null = null, setup: readonly Uint8Array[] = []): Connection {
    const connection = new Connection(this, numbered);
    for (const request of setup) connection.scanner.feed(request);
    if (this.#ended !== null) {
      connection.end(this.#ended);
      return connection;
    }
    this.connections.add(connection);
    const isServing = this.#life?.isFailed === false && this.#repair.down === null;
    if (isServing && connection.scanner.isListening) {
      this.#sessions.open(connection, this.life.engine, this.clock.now());
      this.#release(connection);
    }
    return connection;
  }

  disconnect(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    connection.end(new WadictError('CLOSED', 'the session was closed'));
    this.#sessions.forget(connection);
    const isServed = connection.session !== 0 && this.#life?.isFailed === false;
    if (isServed && this.#repair.down === null) this.#life?.engine.closeSession(connection.session);
  }

  rememberConfig(names: string, request: Uint8Array): void {
    this.#settings.remember(names, request);
  }

  receive(connection: Connection): void {
    while (connection.inbox.length > 0 && !connection.isWaiting && !connection.isEnded) {
      if (this.#repair.down !== null && !this.#repair.revive()) {
        connection.refuse(connection.inbox.shift() as Uint8Array, this.#repair.down);
        connection.release(null);
        continue;
      }
      if (this.#pauses > 0 || this.life.queue?.mustBlock()) return;
      if (this.validity.isDoubtful) return void this.#prove();
      this.#execute(connection, connection.inbox.shift() as Uint8Array);
    }
    connection.taken();
  }

  /** Asks whether somebody else went on, or may go on now; requests wait meanwhile. */
  #prove(): Promise<void> {
    return this.paused(async () => {
      const { storage } = this;
      const at = this.scheduler.elapsed();
      try {
        const isOver = storage !== null && (await isOvertaken(storage, () => this.life));
        if (isOver || (await this.#options.holdsLead?.()) === false) return this.end(kOvertaken);
        this.validity.proven(at, true);
      } catch (error) {
        this.#repair.failed(error);
      }
    });
  }

  #execute(connection: Connection, bytes: Uint8Array): void {
    const { engine, gate } = this.life;
    const { numbered, scanner } = connection;
    const now = this.clock.now();
    let count = 0;
    let chunk: ReplyChunk;
    try {
      if (connection.session === 0) this.#sessions.open(connection, engine, now);
      const isGated = this.room.isFull && scanner.isAtStart;
      count = scanner.feed(bytes);
      const { session } = connection;
      if (numbered !== null) {
        this.marks.note(numbered.client, numbered.next + count - 1);
        engine.numberRequests(session, numbered.client, numbered.next);
      }
      if (isGated) chunk = gate.execute(session, bytes, now, numbered);
      else chunk = engine.execute(session, bytes, now);
      this.#repair.worked();
    } catch (error) {
      connection.oweErrors(count, asWadictError(error));
      if (!(error instanceof EngineError) || error.code === 'WORKER_DIED')
        this.#repair.failed(error);
      else this.#release(connection);
      return;
    }
    connection.owe(count, chunk);
    // A request may be refused before it is whole.
    const mayClose = scanner.mayClose || !scanner.isAtStart;
    if (mayClose && engine.closing(connection.session)) connection.endsWhenPaid = true;
    this.absorb(connection, chunk);
  }

  /** Something ran for the connection. */
  absorb(connection: Connection, chunk: ReplyChunk): void {
    this.life.note(chunk.logPosition);
    for (const request of chunk.hostRequests) this.#requests.handle(request);
    this.#release(connection);
    if (chunk.news.length > 0) this.#sessions.drain(chunk.news);
  }

  #release(connection: Connection): void {
    const { queue } = this.life;
    const waits = queue !== null && kDurabilityRules[this.#durability].repliesWait;
    connection.release(waits ? queue.committedPosition : null);
  }

  #releaseAll(): void {
    if (this.#life === null) return;
    for (const connection of this.connections) if (connection.hasOwed) this.#release(connection);
  }

  #resume(): void {
    if (this.#ended !== null || this.#life === null) return;
    for (const connection of this.connections) this.receive(connection);
  }

  // -- what the engine asks for (HostControl) ----------------------------------------------------

  complete(life: EngineLife, request: HostRequest, error: string | null, text?: string): void {
    if (life !== this.#life || life.isEnded || this.#ended !== null) return;
    const connection = this.#sessions.find(request.session);
    try {
      life.engine.completeHostRequest(request.id, error, text);
      if (connection === undefined) return;
      const late = life.engine.drain(connection.session);
      connection.complete(late);
      this.absorb(connection, late);
    } catch (failure) {
      this.#repair.failed(failure);
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

  async reloadLog(answer: () => void): Promise<void> {
    const wasLogged = this.isLogged;
    this.isLogged = true; // else the log would not be read
    await this.#repair.reload(answer, async () => {
      if (!wasLogged) await endLog(this);
    });
  }

  writeLogOnce(): Promise<void> {
    return writeLogOnce(this);
  }

  noteFailure(error: unknown): void {
    const cause = asWadictError(error);
    if (cause.code === 'CLOSED') return; // given up on purpose
    if (cause.code === 'WORKER_DIED') this.#repair.failed(error);
    else this.note(cause);
  }

  // -- commits and failures ----------------------------------------------------------------------

  #committed(): void {
    this.validity.proven(this.life.queue?.provenAt ?? -Infinity);
    this.witness?.follow(this.life);
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
}
