/** What the cases of the storage contract share; runs in Node and in pages, without a framework. */

import { StorageError } from '../../../web/storage/storage.ts';
import type { ManifestSwitch, Storage } from '../../../web/storage/storage.ts';

/** One set of stored bytes. `create` gives a new, unopened Storage on it, as after a restart. */
export interface Medium {
  create(): Storage;
}

export interface ContractCase {
  readonly name: string;
  run(medium: Medium): Promise<void>;
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`contract broken: ${message}`);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));
  check(show(actual) === show(expected), `${what}: ${show(actual)} instead of ${show(expected)}`);
}

export async function rejects(
  promise: Promise<unknown>,
  code: string,
  what: string,
): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof StorageError ? error.code : String(error)),
  );
  equal(outcome, code, what);
}

/** `length` bytes in which every value occurs, different for each `seed`. */
export function patterned(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 255);
}

export const hash = (bytes: Uint8Array): string =>
  `${bytes.length}:${bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7)}`;

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return joined(pieces);
}

export async function expectLog(
  storage: Storage,
  from: bigint,
  frames: readonly Uint8Array[],
): Promise<void> {
  equal(hash(await collect(storage.readLog(from))), hash(joined(frames)), `log from ${from}`);
}

export function manifest(marker: number, parts: Partial<ManifestSwitch> = {}): ManifestSwitch {
  return {
    bytes: patterned(marker, 150),
    base: null,
    previous: null,
    logFrom: 1n,
    keepFrom: 1n,
    ...parts,
  };
}

/** A new store: opened, with its first manifest. */
export async function fresh(medium: Medium): Promise<Storage> {
  const storage = medium.create();
  await storage.open();
  await storage.commitManifest(manifest(0));
  return storage;
}

export async function reopened(medium: Medium, before: Storage): Promise<Storage> {
  await before.close();
  const storage = medium.create();
  await storage.open();
  return storage;
}

export const frame = (lsn: number, length = 300): Uint8Array => patterned(lsn, length);
export const frames = (from: number, to: number): Uint8Array[] =>
  Array.from({ length: to - from + 1 }, (_, index) => frame(from + index));
