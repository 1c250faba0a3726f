/**
 * One of the Workers that have a store open: they are one store. One member leads, it has the lock,
 * the engine and the storage; the others reach it over channels (host/tab-protocol.ts). Whoever
 * calls does not notice which of them this one is, nor that it changes.
 *
 *   seeking --leading heard--> following --lock granted or taken--> starting --> leading
 *      ^------------leader gone------'                                 |            |
 *      ^-------------------------- overtaken --------------------------'------------'
 *
 * Every member waits for the lock: when the leader closes or dies the browser hands it on. A frozen
 * leader keeps it: who waits for it in vain takes it (silence-watch.ts). The lock only elects; what
 * excludes is the claim in the log.
 */

import { WadictError } from '../errors.ts';
import { asWadictError, closedError } from '../host/host-errors.ts';
import type { Host } from '../host/host.ts';
import type { Lease } from '../host/leadership.ts';
import type { LeaderLink } from '../host/member-session.ts';
import { everybodysChannel, isForMember, memberChannel } from '../host/tab-protocol.ts';
import type { Channel, Hello, Hint, Leading, Message, ToMember } from '../host/tab-protocol.ts';
import type { Backend, FlushReport, ImportReport, StoreStatus, Transport } from '../transport.ts';
import { Candidacy, newMemberId } from './candidacy.ts';
import { LeaderDesk } from './leader-desk.ts';
import type { FromWorker } from './protocol.ts';
import { MemberSessions } from './member-sessions.ts';
import { distantLeader, kHopelessCodes } from './member-options.ts';
import type { Leader, MemberOptions } from './member-options.ts';
import type { PageLife } from './page-life.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { Watched } from './silence-watch.ts';
import { StoreCalls } from './store-calls.ts';
import type { Placement } from './store-calls.ts';

/** A member that has served does not give up because it cannot lead now (no room, no memory …). */
const kTryAgainMs = 1_000;
/** A request nobody serves for so long is answered with an error. */
const kGiveUpMs = 30_000;

export class Member implements Backend, Watched, Placement {
  readonly id: string;
  readonly #options: MemberOptions;
  readonly #candidacy: Candidacy;
  readonly #everybody: Channel;
  readonly #own: Channel;
  readonly #sessions: MemberSessions;
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  readonly #placed: (() => void)[] = [];
  #status: StoreStatus | null = null;
  #leader: Leader | null = null;
  #desk: LeaderDesk | null = null;
  #lease: Lease | null = null;
  #isStarting = false;
  #wasPlaced = false;
  #lastEpoch = 0n;
  readonly #watch: SilenceWatch;
  readonly #calls = new StoreCalls(this);
  #ended: WadictError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: MemberOptions) {
    this.#options = options;
    const { channels, name, manager, scheduler, randomBytes } = options;
    this.id = newMemberId(randomBytes);
    this.#candidacy = new Candidacy({
      store: name,
      member: this.id,
      manager,
      scheduler,
      onGranted: (lease) => void this.#lead(lease).catch(() => undefined),
      onFailed: (error) => this.#end(asWadictError(error)),
    });
    this.#watch = new SilenceWatch(scheduler, () => (randomBytes(1)[0] as number) / 256, this);
    this.#sessions = new MemberSessions({
      scheduler,
      randomBytes,
      onWait: () => this.#waits(),
      onHello: (hellos) => this.#hello(hellos),
    });
    const receive = (message: unknown): void => this.#receive(message as Message);
    this.#own = channels.open(memberChannel(name, this.id), receive);
    this.#everybody = channels.open(everybodysChannel(name), receive);
  }

  /** Rejects with LOCKED, ABORTED, or what opening the store as its leader rejects with. */
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
    const { ifLocked = 'share', signal } = this.#options;
    await this.#candidacy.holdLife();
    if (ifLocked === 'share') this.#seek();
    else await this.#lead(await this.#candidacy.acquire(ifLocked === 'wait', signal));
    await this.#whenPlaced();
  }

  // -- Backend -----------------------------------------------------------------------------------

  connect(): Transport {
    const session = this.#sessions.open();
    if (this.#ended !== null) session.end(this.#ended);
    return session;
  }

  flush(): Promise<FlushReport> {
    return this.#calls.flush();
  }

  exportRdb(): ReadableStream<Uint8Array> {
    return this.#calls.exportRdb();
  }

  importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    return this.#calls.importRdb(file);
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
      // What was asked before is answered before a flush.
      else if (this.#sessions.areOwed) await this.flush();
    } finally {
      this.#end(closedError());
    }
  }

  /** Of the page whose Worker this is. When it slept, nothing is sure any more. */
  pageChanged({ isVisible, hasSlept }: PageLife): void {
    this.#watch.setVisible(isVisible);
    if (!hasSlept || this.#ended !== null) return;
    this.#candidacy.regainLife(() => this.#hello(this.#sessions.hellos()));
    if (this.#desk === null) this.#join();
    else this.#desk.host.doubt();
  }

  /** Asks whoever leads to serve these sessions: at least a sign of life comes back. */
  #join(hellos: readonly Hello[] = this.#sessions.hellos()): void {
    const { durability } = this.#options;
    this.#everybody.post({ kind: 'join', member: this.id, durability, hellos } satisfies Hint);
  }

  #hello(hellos: readonly Hello[]): void {
    if (this.#desk !== null) for (const hello of hellos) this.#desk.hello(hello);
    else if (this.#leader !== null) this.#join(hellos);
  }

  /** Looks after what waits, as long as something does. */
  #waits(): void {
    if (this.#ended === null && this.#desk === null) this.#watch.start();
  }

  #receive(message: Message): void {
    if (this.#ended !== null) return;
    switch (message.kind) {
      case 'join':
        if (this.#isStarting) this.#everybody.post({ kind: 'starting', member: this.id });
        return this.#desk?.joined(message);
      case 'starting':
        this.#watch.heard();
        return;
      case 'leading':
        return this.#follow(message);
      default:
        if (isForMember(message)) this.#fromLeader(message);
    }
  }

  #fromLeader(message: Exclude<ToMember, Leading>): void {
    const leader = this.#leader;
    if (leader === null || message.epoch !== leader.epoch) return;
    this.#watch.heard();
    if (message.kind === 'rpc-to-member') leader.remote?.receive(message.body as FromWorker);
    else if (message.kind === 'status') this.#learn(leader, message.status);
    else this.#sessions.receive(message, leader.link);
  }

  #follow({ epoch, status }: Leading): void {
    const known = this.#leader;
    if (this.#isStarting || epoch < this.#lastEpoch) return;
    this.#lastEpoch = epoch;
    this.#watch.heard();
    if (known?.epoch === epoch) {
      if (status !== null && known.remote !== null) this.#learn(known, status);
      return;
    }
    if (this.#desk !== null)
      return this.#desk.host.end(new WadictError('FENCED', 'another tab leads the store'));
    this.#leave();
    this.#leader = distantLeader(epoch, this.#own, this.#options.scheduler);
    this.#join();
    this.#waits();
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
    this.#sessions.lost();
  }

  get isWaiting(): boolean {
    if (this.#desk !== null || this.#ended !== null) return false;
    return !this.#isPlaced || this.#sessions.areWaiting;
  }

  ask(): void {
    this.#join();
    this.#sessions.expire(kGiveUpMs);
  }

  look(askAfterMs: number): void {
    const stuck = this.#sessions.stuck(askAfterMs);
    if (stuck.length > 0 || !this.#isPlaced) this.#join(this.#sessions.hellos(stuck));
    this.#sessions.expire(kGiveUpMs);
  }

  take(): void {
    if (!this.#isStarting) this.#candidacy.take();
  }

  // -- leading -----------------------------------------------------------------------------------

  /** Rejects if the store cannot be opened; then the member has ended, or looks for a leader. */
  async #lead(lease: Lease): Promise<void> {
    if (this.#ended !== null || this.#isStarting || this.#desk !== null) return lease.release();
    this.#isStarting = true;
    this.#everybody.post({ kind: 'starting', member: this.id } satisfies Hint);
    this.#leave();
    let reason: WadictError | null = null;
    try {
      const ended = (why: WadictError): void => this.#stopped((reason = why));
      const host = await this.#options.lead(ended, () => this.#candidacy.holdsLead());
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
      const isTriedAgain = this.#wasPlaced && !kHopelessCodes.has(cause.code);
      if (cause.code === 'FENCED') this.#seek();
      else if (isTriedAgain) this.#options.scheduler.setTimer(kTryAgainMs, () => this.#seek());
      else this.#end(cause);
      throw cause;
    }
  }

  #serve(host: Host, lease: Lease): void {
    const { epoch } = host;
    const { name, channels, durability, scheduler } = this.#options;
    const desk = new LeaderDesk({
      id: this.id,
      name,
      host,
      channels,
      locks: this.#candidacy.locks,
      scheduler,
      onOwn: (message) => {
        if (message.kind !== 'leading') this.#fromLeader(message);
      },
    });
    desk.strengthen(durability);
    const link: LeaderLink = { epoch, isLocal: true, post: (message) => desk.own(message) };
    this.#desk = desk;
    this.#leader = { epoch, link, remote: null, status: null };
    this.#lastEpoch = epoch;
    host.onStatus(() => this.#tell());
    void lease.lost.then(() => {
      if (this.#desk === desk) host.end(new WadictError('FENCED', 'the lock was taken away'));
    });
    const leading: Leading = { kind: 'leading', member: this.id, epoch, status: null };
    this.#everybody.post(leading);
    this.#hello(this.#sessions.hellos());
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
    if (this.#ended !== null) return;
    this.#leave();
    this.#tell();
    this.#candidacy.stand();
    this.#join();
    this.#waits();
  }

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
    this.#wasPlaced ||= this.#ended === null;
    for (const resolve of this.#placed.splice(0)) resolve();
    this.#tell();
  }

  get leadership(): object | null {
    return this.#leader;
  }

  async store(): Promise<Backend> {
    this.#waits();
    await this.#whenPlaced();
    const remote = this.#leader?.remote ?? null;
    return remote === null ? (this.#desk as LeaderDesk).host : remote.backend();
  }

  #tell(): void {
    if (this.#listeners.size === 0 || (this.#status === null && this.#leader === null)) return;
    const { status } = this;
    for (const listener of this.#listeners) listener(status);
  }

  #end(reason: WadictError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#watch.stop();
    this.#desk?.dispose();
    if (this.#desk !== null) void this.#desk.host.close().catch(() => undefined);
    this.#desk = null;
    this.#leave();
    this.#sessions.end(reason);
    this.#lease?.release();
    this.#candidacy.end();
    this.#everybody.close();
    this.#own.close();
    this.#place();
  }
}
