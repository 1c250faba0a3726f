/**
 * Where a leader deals with the other members: opens their channels when they join, watches their
 * locks, serves their sessions (host/tab-leader.ts) and what is not a session (worker-host.ts).
 */

import type { Durability } from '../host/durability.ts';
import { kStrictness } from '../host/durability.ts';
import type { Host } from '../host/host.ts';
import type { Locks } from '../host/leadership.ts';
import type { Scheduler } from '../host/scheduler.ts';
import { TabLeader } from '../host/tab-leader.ts';
import { memberChannel, memberLockName } from '../host/tab-protocol.ts';
import type { Channel, Channels, Hello, Hint, Message } from '../host/tab-protocol.ts';
import type { ToLeader, ToMember } from '../host/tab-protocol.ts';
import type { Backend } from '../transport.ts';
import type { ToWorker } from './protocol.ts';
import { WorkerHost } from './worker-host.ts';

export interface LeaderDeskOptions {
  readonly id: string;
  readonly name: string;
  readonly host: Host;
  readonly channels: Channels;
  readonly locks: Locks;
  readonly scheduler: Scheduler;
  /** Messages to the sessions of this very member. */
  readonly onOwn: (message: ToMember) => void;
}

interface Guest {
  readonly channel: Channel;
  readonly store: WorkerHost;
  leave(): void;
}

export class LeaderDesk {
  readonly host: Host;
  readonly #options: LeaderDeskOptions;
  readonly #epoch: bigint;
  readonly #leader: TabLeader;
  readonly #guests = new Map<string, Guest>();
  readonly #stopStatus: () => void;
  #isDisposed = false;

  constructor(options: LeaderDeskOptions) {
    this.#options = options;
    this.host = options.host;
    this.#epoch = options.host.epoch;
    this.#leader = new TabLeader({
      epoch: this.#epoch,
      marks: options.host.marks,
      hasEnded: () => options.host.hasEnded,
      holdsAll: () => options.host.holdsAll(),
      connect: (numbered, setup) => options.host.connectNumbered(numbered, setup),
      post: (member, message) => this.#post(member, message),
      scheduler: options.scheduler,
    });
    this.#stopStatus = options.host.onStatus((status) => {
      for (const member of this.#guests.keys())
        this.#post(member, { kind: 'status', epoch: this.#epoch, status });
    });
  }

  /** A session of this member. */
  hello(hello: Hello): void {
    this.#leader.hello(this.#options.id, hello);
  }

  own(message: ToLeader): void {
    this.#leader.receive(this.#options.id, message);
  }

  joined({ member, hellos, durability }: Extract<Hint, { kind: 'join' }>): void {
    if (this.#isDisposed) return;
    this.#guest(member);
    this.strengthen(durability);
    const { status } = this.host;
    const leading = { kind: 'leading', member: this.#options.id, epoch: this.#epoch } as const;
    this.#post(member, { ...leading, status });
    for (const hello of hellos) this.#leader.hello(member, hello);
  }

  /** What the strictest member was promised holds for all. */
  strengthen(durability: Durability): void {
    if (kStrictness[durability] > kStrictness[this.host.status.durability])
      this.host.setDurability(durability);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#leader.dispose();
    this.#stopStatus();
    for (const guest of this.#guests.values()) guest.leave();
    this.#guests.clear();
  }

  #guest(member: string): void {
    if (this.#guests.has(member)) return;
    const { name, channels, locks } = this.#options;
    const channel = channels.open(memberChannel(name, member), (message) =>
      this.#receive(member, message as Message),
    );
    const epoch = this.#epoch;
    const store = new WorkerHost({
      port: { postMessage: (body) => channel.post({ kind: 'rpc-to-member', epoch, body }) },
      holdLock: async () => null,
      open: async () => asGuestSees(this.host),
    });
    const watching = new AbortController();
    const leave = (): void => {
      watching.abort();
      store.dispose();
      channel.close();
    };
    this.#guests.set(member, { channel, store, leave });
    // Its own lock is free when it is gone.
    locks.acquire(memberLockName(name, member), { wait: true, signal: watching.signal }).then(
      (lease) => {
        lease.release();
        this.#gone(member);
      },
      () => undefined, // we have left
    );
  }

  #gone(member: string): void {
    const guest = this.#guests.get(member);
    if (guest === undefined) return;
    this.#guests.delete(member);
    guest.leave();
    this.#leader.gone(member);
  }

  #receive(member: string, message: Message): void {
    if (this.#isDisposed) return;
    switch (message.kind) {
      case 'rpc-to-leader':
        if (message.epoch === this.#epoch)
          this.#guests.get(member)?.store.receive(message.body as ToWorker);
        return;
      case 'requests':
      case 'acked':
      case 'bye':
        return this.#leader.receive(member, message);
      default:
        return; // for the member
    }
  }

  #post(member: string, message: ToMember): void {
    if (this.#isDisposed) return;
    if (member !== this.#options.id) this.#guests.get(member)?.channel.post(message);
    else this.#options.onOwn(message);
  }
}

/** The store as another member may use it: it cannot be closed from there. */
function asGuestSees(host: Host): Backend {
  return {
    connect: () => host.connect(),
    flush: () => host.flush(),
    exportRdb: () => host.exportRdb(),
    importRdb: (file) => host.importRdb(file),
    get status() {
      return host.status;
    },
    onStatus: () => () => undefined, // every guest is told anyway
    close: async () => undefined,
  };
}
