/** Listening sockets: loopback addresses and Unix sockets, with errors that say what to do. */

import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { WadictError } from '../errors.ts';

export type OnSocket = (socket: Socket) => void;

const kLoopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** @throws WadictError INVALID_VALUE for an address that others can reach */
export function checkLoopback(addresses: readonly string[]): void {
  const other = addresses.find((address) => !kLoopback.has(address.replace(/^-/, '')));
  if (other === undefined) return;
  throw new WadictError(
    'INVALID_VALUE',
    `the server listens on this machine only (127.0.0.1, ::1 or localhost), not on '${other}'`,
  );
}

/**
 * 127.0.0.1 and, where the machine has it, ::1, on the same port; 0: any free one.
 * @throws WadictError LOCKED if the port is in use, INVALID_VALUE if it may not be used
 */
export async function listenOnPort(port: number, onSocket: OnSocket): Promise<Server[]> {
  const first = await listen({ port, host: '127.0.0.1' }, onSocket).catch((error: unknown) => {
    throw listenError(error, `port ${port}`);
  });
  const chosen = (first.address() as AddressInfo).port;
  try {
    return [first, await listen({ port: chosen, host: '::1', ipv6Only: true }, onSocket)];
  } catch {
    return [first]; // no IPv6 here, or another program has that half of the port
  }
}

/**
 * A Unix socket; a file that a dead server left is replaced. `mode`: its permissions.
 * @throws WadictError LOCKED if somebody listens there, INVALID_VALUE if it cannot be made
 */
export async function listenOnPath(
  path: string,
  mode: number | undefined,
  onSocket: OnSocket,
): Promise<Server> {
  try {
    const isSocket = await lstat(path).then(
      (found) => found.isSocket(),
      () => false,
    );
    if (isSocket && !(await isAlive(path))) await unlink(path);
    const server = await listen({ path }, onSocket);
    if (mode !== undefined) await chmod(path, mode);
    return server;
  } catch (error) {
    throw listenError(error, path);
  }
}

function listen(options: ListenOptions, onSocket: OnSocket): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function listenError(cause: unknown, where: string): WadictError {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new WadictError('LOCKED', `${where} is in use by another program (EADDRINUSE)`, {
      cause,
    });
  return new WadictError('INVALID_VALUE', `cannot listen on ${where}: ${message}`, { cause });
}

/** Stops listening; resolves when the last connection is gone. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
