/** What a new engine must be told so that it stands where the one before it stood. */

import type { EnginePort } from '../engine/engine-port.ts';
import type { Connection } from './connection.ts';
import { appendFsyncOf } from './durability.ts';
import type { Durability } from './durability.ts';
import { ask } from './write-gate.ts';

export class EngineSettings {
  readonly #savePoints: string;
  readonly #parameters: readonly [string, string][];
  /** The last CONFIG SET of each set of names, in the order in which they count. */
  readonly #requests = new Map<string, Uint8Array>();

  constructor(savePoints: string, parameters: Readonly<Record<string, string>>) {
    this.#savePoints = savePoints;
    this.#parameters = Object.entries(parameters);
  }

  remember(names: string, request: Uint8Array): void {
    this.#requests.delete(names);
    this.#requests.set(names, request);
  }

  /** The host's own parameters, then what clients have set. */
  apply(engine: EnginePort, nowMs: number, isLogged: boolean, durability: Durability): void {
    for (const [name, value] of this.#parameters) engine.configure(name, value);
    ask(engine, nowMs, 'CONFIG', 'SET', 'appendonly', isLogged ? 'yes' : 'no');
    ask(engine, nowMs, 'CONFIG', 'SET', 'appendfsync', appendFsyncOf(durability));
    ask(engine, nowMs, 'CONFIG', 'SET', 'save', this.#savePoints);
    const session = engine.openSession();
    for (const request of this.#requests.values()) {
      const { hostRequests } = engine.execute(session, request, nowMs);
      for (const { id } of hostRequests) engine.completeHostRequest(id, null);
      engine.drain(session);
    }
    engine.closeSession(session);
  }
}

/** Gives a connection a session of this engine, with the settings it had and the half request. */
export function openSession(connection: Connection, engine: EnginePort, nowMs: number): void {
  connection.session = engine.openSession();
  const { peer } = connection;
  if (peer !== null) engine.setAddress(connection.session, peer.remote, peer.local);
  const { setup, half } = connection.scanner.replay();
  for (const request of setup) engine.execute(connection.session, request, nowMs);
  if (half.length > 0) engine.execute(connection.session, half, nowMs);
  if (connection.scanner.isWatching) engine.breakWatch(connection.session);
}
