/**
 * `wadict/server`: a store behind sockets that Redis's clients speak to.
 *
 *   import { createServer } from 'wadict/server';
 *   const server = await createServer({ port: 0, directory: './data' });
 *   server.url; // 'redis://127.0.0.1:49152'
 *   await server.close();
 */

import type { Client } from '../client/client.ts';
import { WadictError } from '../errors.ts';
import { open } from '../node.ts';
import type { NodeOpenOptions } from '../node.ts';
import { RespServer } from './resp-server.ts';

export interface ServerOptions extends Omit<
  NodeOpenOptions,
  'codec' | 'ifLocked' | 'requireStorage'
> {
  /** TCP port on 127.0.0.1 and ::1; 0: any free one; null: none. Default 6379. */
  port?: number | null | undefined;
  /** Path of a Unix socket; it may be given beside a port. */
  unixSocket?: string | undefined;
  /** Permissions of the Unix socket, e.g. 0o700. Default: what the process's umask leaves. */
  unixSocketMode?: number | undefined;
  /** What clients must give to AUTH (Redis's requirepass). Default: none is asked for. */
  password?: string | undefined;
  /** Parameters of CONFIG SET, e.g. { maxmemory: '100mb' }. */
  config?: Readonly<Record<string, string>> | undefined;
  /** Serves this store, which stays open, in place of opening one. */
  store?: Client | undefined;
}

export interface WadictServer {
  /** null: it listens on no port. */
  readonly port: number | null;
  /** For clients: redis://127.0.0.1:6379, or unix:///path. */
  readonly url: string;
  /** The store, for use in this process. */
  readonly store: Client;
  /** Resolves when the server has ended: by `close`, by SHUTDOWN; with why the store gave up. */
  readonly ended: Promise<WadictError | null>;
  /** Ends every connection, saves, releases the folder. Idempotent. Rejects if the save failed. */
  close(): Promise<void>;
}

const kDefaultPort = 6379;
const kDefaultDirectory = 'wadict-data';
/** Redis's own, and the limits of a value and of one client's half request. */
const kDefaultSavePoints = '3600 1 300 100 60 10000';
const kDefaultConfig = { 'proto-max-bulk-len': '64mb', 'client-query-buffer-limit': '65mb' };

/**
 * Opens a store and serves it; by Redis's defaults, a snapshot now and then and no log (`log: true`
 * for one). Rejects as `open` does, and with LOCKED when the port is in use, INVALID_VALUE when it
 * cannot be listened on or a parameter is wrong.
 */
export async function createServer(options: ServerOptions = {}): Promise<WadictServer> {
  const { port = kDefaultPort, unixSocket, unixSocketMode } = options;
  let opened: Client | undefined;
  const required = (): Client => {
    if (opened === undefined) throw new WadictError('CLOSED', 'the store is not open yet');
    return opened;
  };
  const server = new RespServer({
    connect: () => required().connect(),
    call: (command, ...args) => required().call(command, ...args),
  });
  const { promise: ready, resolve, reject } = deferred();
  server.waitFor(ready);
  try {
    if (port !== null) await server.listenOnPort(port);
    if (unixSocket !== undefined) await server.listenOnPath(unixSocket, unixSocketMode);
    opened = options.store ?? (await openStore(options));
    await configure(opened, options, server.port);
    resolve();
    return new RunningServer(server, opened, options);
  } catch (error) {
    reject(error);
    await server.close();
    if (opened !== options.store) await opened?.close();
    throw error;
  }
}

function openStore(options: ServerOptions): Promise<Client> {
  const { directory = kDefaultDirectory, storage } = options;
  return open(directory, {
    ...options,
    directory,
    requireStorage: storage !== 'memory',
    log: options.log ?? false,
    savePoints: options.savePoints ?? kDefaultSavePoints,
  });
}

async function configure(
  store: Client,
  options: ServerOptions,
  port: number | null,
): Promise<void> {
  const { config = {}, password } = options;
  const own = options.store === undefined ? kDefaultConfig : {};
  const shown = port === null ? {} : { port: String(port) };
  for (const [name, value] of Object.entries({ ...own, ...shown, ...config })) {
    try {
      await store.call('CONFIG', 'SET', name, value);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new WadictError('INVALID_VALUE', message, { key: name, cause: error });
    }
  }
  if (password === undefined || password === '') return;
  await store.call('CONFIG', 'SET', 'requirepass', password);
  await store.call('AUTH', password);
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (e: unknown) => void } {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}

class RunningServer implements WadictServer {
  readonly store: Client;
  readonly ended: Promise<WadictError | null>;
  readonly port: number | null;
  readonly url: string;
  readonly #server: RespServer;
  readonly #ownsStore: boolean;
  #closing: Promise<void> | null = null;

  constructor(server: RespServer, store: Client, options: ServerOptions) {
    this.#server = server;
    this.store = store;
    this.#ownsStore = options.store === undefined;
    this.port = server.port;
    this.url =
      this.port === null ? `unix://${options.unixSocket}` : `redis://127.0.0.1:${this.port}`;
    this.ended = this.#whenStoreEnds();
  }

  /** A session that says nothing hears when the store ends, whoever ended it. */
  async #whenStoreEnds(): Promise<WadictError | null> {
    const reason = await new Promise<Error>((resolve) => {
      this.store.connect().attach({ onReply: () => undefined, onClose: resolve });
    });
    const isMeant = reason instanceof WadictError && reason.code === 'CLOSED';
    await this.close().catch(() => undefined); // its caller hears
    return isMeant ? null : (reason as WadictError);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    try {
      if (this.#ownsStore) await this.store.close();
    } finally {
      await this.#server.close();
    }
  }
}

export { WadictError } from '../errors.ts';
export type { Client } from '../client/client.ts';
