/**
 * One of the Workers that have a store open: they are one store. One member leads, it has the lock,
 * the engine and the storage; the others reach it over channels (host/tab-protocol.ts). Whoever
 * calls does not notice which of them this one is, nor that it changes.
 *
 *   seeking --leading heard--> following --lock granted or taken--> starting --> leading
 *      ^------------leader gone------'                                 |            |
 *      ^-------------------------- overtaken --------------------------'------------'
 *
 * Every member waits for the lock: when the leader closes or dies the browser hands it on. A leader
 * that is frozen keeps it: who waits for an answer asks for a sign of life after 1 s and takes the
 * lock after 5 s (hidden tabs 3 s later, so that a visible one comes first). The lock only elects;
 * what excludes is the claim in the log. Timers run only while something is waited for.
 */

import { WadictError } from '../errors.ts';
import type { Durability } from '../host/durability.ts';
import { asWadictError, closedError } from '../host/host-errors.ts';
import type { Host } from '../host/host.ts';
import { webLocks, writerLockName } from '../host/leadership.ts';
import type { Lease, LockManagerLike, Locks } from '../host/leadership.ts';
import { MemberSession } from '../host/member-session.ts';
import type { LeaderLink, SessionOwner } from '../host/member-session.ts';
import type { Scheduler } from '../host/scheduler.ts';
import { everybodysChannel, memberChannel, memberLockName } from '../host/tab-protocol.ts';
import type { Channel, Channels, Hint, Leading, Message, ToMember } from '../host/tab-protocol.ts';
import type { Backend, FlushReport, ImportReport, StoreStatus, Transport } from '../transport.ts';
import { LeaderDesk } from './leader-desk.ts';
import type { FromWorker } from './protocol.ts';
import { RemoteStore } from './remote-store.ts';

export interface MemberOptions {
  readonly name: string;
  readonly manager: LockManagerLike;
  readonly channels: Channels;
  readonly scheduler: Scheduler;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Opens the store as its writer; `onEnded` hears when it is not that any more. */
  readonly lead: (onEnded: (reason: WadictError) => void) => Promise<Host>;
  readonly durability: Durability;
  /** 'share' (default): follow whoever leads. 'fail': LOCKED. 'wait': until nobody leads. */
  readonly ifLocked?: 'share' | 'fail' | 'wait' | undefined;
  readonly signal?: AbortSignal | undefined;
}

const kTickMs = 500;
const kAskAfterMs = 1_000;
const kTakeAfterMs = 5_000;
const kHiddenLaterMs = 3_000;
/** A request nobody serves for so long is answered with an error. */
const kGiveUpMs = 30_000;

interface Leader {
  readonly member: string;
  readonly epoch: bigint;
  readonly link: LeaderLink;
  /** Null when it is this member. */
  readonly remote: RemoteStore | null;
  /** What the leader said of the store; null until it knows this member. */
  status: StoreStatus | null;
}

export class Member implements Backend, SessionOwner {
  readonly id: string;
  readonly #options: MemberOptions;
  readonly #scheduler: Scheduler;
  readonly #locks: Locks;
  readonly #everybody: Channel;
  readonly #own: Channel;
  readonly #sessions = new Map<number, MemberSession>();
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  readonly #placed: (() => void)[] = [];
  #status: StoreStatus | null = null;
  #leader: Leader | null = null;
  #desk: LeaderDesk | null = null;
  #lease: Lease | null = null;
  #isStarting = false;
  #queued: AbortController | null = null;
  #releaseLife: () => void = () => undefined;
  #heardAt = 0;
  #tickedAt = 0;
  #takeLaterMs = 0;
  #isVisible = true;
  #cancelTick: (() => void) | null = null;
  #ended: WadictError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: MemberOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler;
    this.#locks = webLocks(options.manager);
    this.id = Array.from(options.randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    );
    const { channels, name } = options;
    const receive = (message: unknown): void => this.#receive(message as Message);
    this.#own = channels.open(memberChannel(name, this.id), receive);
    this.#everybody = channels.open(everybodysChannel(name), receive);
  }

  /** Rejects with what opening the store rejects with if this member is to lead, LOCKED, ABORTED. */
  static async open(options: MemberOptions): Promise<Member> {
    const member = new Member(options);
    const abort = (): void => member.#end(new WadictError('ABORTED', 'opening was aborted'));
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      if (options.signal?.aborted) abort();
      await member.#start();
      return member;
    } catch (error) {
      const cause = asWadictError(error);
      member.#end(cause);
      throw cause;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  async #start(): Promise<void> {
    const { name, ifLocked = 'share', signal } = this.#options;
    await this.#holdLife();
    this.#heardAt = this.#scheduler.elapsed();
    if (ifLocked === 'share') {
      this.#campaign();
      this.#join();
      this.waits();
      return this.#whenPlaced();
    }
    const wait = ifLocked === 'wait';
    await this.#lead(await this.#locks.acquire(writerLockName(name), { wait, signal }));
    await this.#whenPlaced();
  }

  /** Others see by this lock when this member is gone. */
  async #holdLife(): Promise<void> {
    const name = memberLockName(this.#options.name, this.id);
    const lease = await this.#locks.acquire(name, { wait: true });
    this.#releaseLife = () => lease.release();
  }

  // -- Backend -----------------------------------------------------------------------------------

  connect(): Transport {
    const session = new MemberSession(this);
    if (this.#ended !== null) {
      session.end(this.#ended);
      return session;
    }
    this.#sessions.set(session.client, session);
    this.join(session);
    return session;
  }

  flush(): Promise<FlushReport> {
    return this.#served((store) => store.flush());
  }

  exportRdb(): ReadableStream<Uint8Array> {
    return laterStream(async () => (await this.#store()).exportRdb());
  }

  async importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    return (await this.#store()).importRdb(file);
  }

  /** REQUIRES: open() resolved. */
  get status(): StoreStatus {
    const status = this.#desk?.host.status ?? this.#leader?.status ?? null;
    this.#status = status ?? this.#status;
    const last = this.#status as StoreStatus;
    const storage = status === null && last.storage === 'ok' ? 'degraded' : last.storage;
    return { ...last, storage, role: this.#desk === null ? 'follower' : 'leader' };
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const desk = this.#desk;
    try {
      if (desk !== null) await desk.host.close();
      else if (this.#isStarting) await this.#whenPlaced().then(() => this.#desk?.host.close());
    } finally {
      this.#end(closedError());
    }
  }

  /** The page is seen, or is not. */
  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
  }

  /** The page was frozen, or came out of the back/forward cache: nothing is sure any more. */
  resumed(): void {
    this.#desk?.host.doubt();
    if (this.#desk === null && this.#ended === null) this.#join();
  }

  // -- SessionOwner ------------------------------------------------------------------------------

  newClient(): number {
    for (;;) {
      const bytes = this.#options.randomBytes(4);
      const client = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (client !== 0 && !this.#sessions.has(client)) return client;
    }
  }

  elapsed(): number {
    return this.#scheduler.elapsed();
  }

  /** Looks after whoever waits, as long as somebody does. */
  waits(): void {
    if (this.#cancelTick !== null || this.#ended !== null || this.#desk !== null) return;
    const now = this.#scheduler.elapsed();
    this.#heardAt = now;
    this.#tickedAt = now;
    this.#takeLaterMs = ((this.#options.randomBytes(1)[0] as number) / 256) * kTickMs;
    this.#cancelTick = this.#scheduler.setTimer(kTickMs, () => this.#tick());
  }

  join(session: MemberSession): void {
    const leader = this.#leader;
    if (leader?.link.isLocal) this.#desk?.hello(session.hello());
    else if (leader !== null) this.#join([session]);
  }

  renumbered(session: MemberSession, before: number): void {
    this.#sessions.delete(before);
    this.#sessions.set(session.client, session);
  }

  closed(session: MemberSession): void {
    this.#sessions.delete(session.client);
  }

  // -- messages ----------------------------------------------------------------------------------

  #join(sessions: Iterable<MemberSession> = this.#sessions.values()): void {
    const hellos = Array.from(sessions, (session) => session.hello());
    const { durability } = this.#options;
    this.#everybody.post({ kind: 'join', member: this.id, durability, hellos } satisfies Hint);
  }

  #receive(message: Message): void {
    if (this.#ended !== null) return;
    switch (message.kind) {
      case 'join':
        if (this.#isStarting) this.#everybody.post({ kind: 'starting', member: this.id });
        return this.#desk?.joined(message);
      case 'starting':
        this.#heardAt = this.#scheduler.elapsed();
        return;
      case 'leading':
        return this.#follow(message);
      case 'requests':
      case 'acked':
      case 'bye':
      case 'rpc-to-leader':
        return; // for the leader, on its own end of the channel
      default:
        return this.#fromLeader(message);
    }
  }

  #fromLeader(message: Exclude<ToMember, Leading>): void {
    const leader = this.#leader;
    if (leader === null || message.epoch !== leader.epoch) return;
    this.#heardAt = this.#scheduler.elapsed();
    if (message.kind === 'rpc-to-member') leader.remote?.receive(message.body as FromWorker);
    else if (message.kind === 'status') this.#learn(leader, message.status);
    else this.#sessions.get(message.client)?.receive(message, leader.link);
  }

  #follow({ member, epoch, status }: Leading): void {
    const known = this.#leader;
    if (this.#isStarting || (known !== null && epoch < known.epoch)) return;
    this.#heardAt = this.#scheduler.elapsed();
    if (known?.epoch === epoch) {
      if (status !== null) this.#learn(known, status);
      return;
    }
    if (this.#desk !== null)
      return this.#desk.host.end(new WadictError('FENCED', 'another tab leads the store'));
    this.#leave();
    const link: LeaderLink = { epoch, isLocal: false, post: (message) => this.#own.post(message) };
    const remote = new RemoteStore(this.#scheduler, (body) =>
      this.#own.post({ kind: 'rpc-to-leader', epoch, body }),
    );
    this.#leader = { member, epoch, link, remote, status: null };
    this.#join();
    this.waits();
  }

  /** The leader knows this member, and says how the store is. */
  #learn(leader: Leader, status: StoreStatus): void {
    const isNew = leader.status === null;
    leader.status = status;
    if (isNew) this.#place();
    else this.#tell();
  }

  /** The leader is not the leader any more, or is about to be this member itself. */
  #leave(): void {
    const leader = this.#leader;
    this.#leader = null;
    leader?.remote?.end();
    for (const session of this.#sessions.values()) session.lost();
  }

  #tick(): void {
    this.#cancelTick = null;
    const now = this.#scheduler.elapsed();
    // This thread slept itself: the leader's silence means nothing.
    if (now - this.#tickedAt > kTickMs + kAskAfterMs) this.#heardAt = now;
    this.#tickedAt = now;
    const sessions = [...this.#sessions.values()];
    const isPending = !this.#isPlaced || sessions.some((session) => session.isWaiting);
    if (!isPending || this.#desk !== null || this.#ended !== null) return;
    for (const session of sessions) session.expire(kGiveUpMs);
    const silent = now - this.#heardAt;
    const later = this.#takeLaterMs + (this.#isVisible ? 0 : kHiddenLaterMs);
    if (silent >= kTakeAfterMs + later && !this.#isStarting) void this.#take();
    else if (silent >= kAskAfterMs) this.#join();
    else this.#joinStuck(sessions);
    this.#cancelTick = this.#scheduler.setTimer(kTickMs, () => this.#tick());
  }

  /** The leader lives, but a session misses something. */
  #joinStuck(sessions: readonly MemberSession[]): void {
    const stuck = sessions.filter((session) => session.hasWaited(kAskAfterMs));
    if (stuck.length > 0 || !this.#isPlaced) this.#join(stuck);
  }

  // -- leading -----------------------------------------------------------------------------------

  /** Waits for the lock. */
  #campaign(): void {
    if (this.#queued !== null || this.#ended !== null) return;
    const queued = new AbortController();
    this.#queued = queued;
    const { signal } = queued;
    this.#locks.acquire(writerLockName(this.#options.name), { wait: true, signal }).then(
      (lease) => {
        if (this.#queued === queued) this.#queued = null;
        void this.#lead(lease).catch(() => undefined);
      },
      (error: unknown) => {
        if (!signal.aborted) this.#end(asWadictError(error));
      },
    );
  }

  /** Takes the lock from a leader that does not answer. */
  async #take(): Promise<void> {
    this.#heardAt = this.#scheduler.elapsed();
    this.#queued?.abort();
    this.#queued = null;
    try {
      const name = writerLockName(this.#options.name);
      await this.#lead(await this.#locks.acquire(name, { wait: true, steal: true }));
    } catch {
      this.#campaign();
    }
  }

  /** Rejects if the store cannot be opened; then the member has ended, or looks for a leader. */
  async #lead(lease: Lease): Promise<void> {
    if (this.#ended !== null || this.#isStarting || this.#desk !== null) return lease.release();
    this.#isStarting = true;
    this.#everybody.post({ kind: 'starting', member: this.id } satisfies Hint);
    this.#leave();
    let reason: WadictError | null = null;
    try {
      const host = await this.#options.lead((ended) => {
        reason = ended;
        this.#stopped(ended);
      });
      this.#isStarting = false;
      this.#lease = lease;
      if (this.#ended !== null) {
        void host.close().catch(() => undefined);
        return lease.release();
      }
      this.#serve(host, lease);
      if (reason !== null) this.#stopped(reason);
    } catch (error) {
      this.#isStarting = false;
      lease.release();
      const cause = asWadictError(error);
      if (cause.code !== 'FENCED') this.#end(cause);
      else this.#seek();
      throw cause;
    }
  }

  #serve(host: Host, lease: Lease): void {
    const { epoch } = host;
    const { name, channels, durability } = this.#options;
    const desk = new LeaderDesk({
      id: this.id,
      name,
      host,
      channels,
      locks: this.#locks,
      onOwn: (message) => {
        if (message.kind !== 'leading') this.#fromLeader(message);
      },
    });
    desk.strengthen(durability);
    const link: LeaderLink = { epoch, isLocal: true, post: (message) => desk.own(message) };
    this.#desk = desk;
    this.#leader = { member: this.id, epoch, link, remote: null, status: null };
    host.onStatus(() => this.#tell());
    void lease.lost.then(() => {
      if (this.#desk === desk) host.end(new WadictError('FENCED', 'the lock was taken away'));
    });
    const leading: Leading = { kind: 'leading', member: this.id, epoch, status: null };
    this.#everybody.post(leading);
    for (const session of [...this.#sessions.values()]) desk.hello(session.hello());
    this.#place();
  }

  /** The host ended: somebody else leads, or the store cannot be served any more. */
  #stopped(reason: WadictError): void {
    const desk = this.#desk;
    if (desk === null || this.#closing !== null) return;
    this.#desk = null;
    desk.dispose();
    void desk.host.close().catch(() => undefined);
    this.#lease?.release();
    this.#lease = null;
    if (reason.code === 'FENCED') this.#seek();
    else this.#end(reason);
  }

  #seek(): void {
    this.#leave();
    this.#tell();
    this.#campaign();
    this.#join();
    this.waits();
  }

  // -- what is not a session ---------------------------------------------------------------------

  /** Whether somebody serves this member. */
  get #isPlaced(): boolean {
    return this.#desk !== null || (this.#leader !== null && this.#leader.status !== null);
  }

  /** Resolves when this member leads or follows; rejects when it has ended. */
  async #whenPlaced(): Promise<void> {
    while (this.#ended === null) {
      if (this.#isPlaced) return;
      await new Promise<void>((resolve) => this.#placed.push(resolve));
    }
    throw this.#ended;
  }

  #place(): void {
    for (const resolve of this.#placed.splice(0)) resolve();
    this.#tell();
  }

  async #store(): Promise<Backend> {
    this.waits();
    await this.#whenPlaced();
    const remote = this.#leader?.remote ?? null;
    return remote === null ? (this.#desk as LeaderDesk).host : remote.backend();
  }

  /** Runs what may be run again on the leader of the time. */
  async #served<T>(run: (store: Backend) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#whenPlaced();
      const leader = this.#leader;
      try {
        return await run(await this.#store());
      } catch (error) {
        if (this.#leader === leader || this.#ended !== null) throw error;
      }
    }
  }

  #tell(): void {
    if (this.#listeners.size === 0 || (this.#status === null && this.#leader === null)) return;
    const { status } = this;
    for (const listener of this.#listeners) listener(status);
  }

  #end(reason: WadictError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#cancelTick?.();
    this.#queued?.abort();
    this.#desk?.dispose();
    if (this.#desk !== null) void this.#desk.host.close().catch(() => undefined);
    this.#desk = null;
    this.#leave();
    for (const session of [...this.#sessions.values()]) session.end(reason);
    this.#lease?.release();
    this.#releaseLife();
    this.#everybody.close();
    this.#own.close();
    this.#place();
  }
}

/** A stream that `make` makes when it can. */
function laterStream(
  make: () => Promise<ReadableStream<Uint8Array>>,
): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= (await make()).getReader();
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
