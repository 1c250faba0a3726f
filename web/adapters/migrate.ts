/**
 * `wadict/migrate`: what lies in localStorage, idb-keyval or localForage comes into a store. The
 * source stays as it is, so that a migration can be repeated or undone; what exists already in the
 * store is kept unless `replace` is said.
 *
 *   await fromLocalStorage(db, { prefix: 'old:', onProgress: ({ done, total }) => … });
 */
import { WadictError } from '../errors.ts';

export interface MigrateOptions {
  /** What the keys begin with in the store. Default: nothing is put before them. */
  prefix?: string | undefined;
  /** Which keys of the source. Default: all. */
  filter?: ((key: string) => boolean) | undefined;
  /** Overwrite what the store has under the same key. */
  replace?: boolean | undefined;
  /** After each piece. */
  onProgress?: ((progress: MigrateProgress) => void) | undefined;
  /** Ends it between two pieces: rejects with ABORTED, what is done stays done. */
  signal?: AbortSignal | undefined;
}

export interface MigrateProgress {
  readonly done: number;
  readonly total: number;
}

export interface MigrateReport {
  readonly copied: number;
  /** Keys that the store had already. */
  readonly kept: number;
}

/** The part of a client that is used; with `codec: 'json'` values arrive as what they are. */
export interface MigrateTarget {
  set(key: string, value: never, options?: { nx?: boolean | undefined }): Promise<unknown>;
}

/** localStorage, or anything of its shape. */
export interface StorageSource {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
}

/** What `import * as idbKeyval from 'idb-keyval'` gives. */
export interface IdbKeyvalSource<S> {
  keys(store?: S): Promise<unknown[]>;
  getMany(keys: never[], store?: S): Promise<unknown[]>;
}

/** A localForage instance. */
export interface LocalForageSource {
  keys(): Promise<string[]>;
  getItem(key: string): Promise<unknown>;
}

const kPiece = 200;

/** Texts, as they are. */
export async function fromLocalStorage(
  db: MigrateTarget,
  options: MigrateOptions & { source?: StorageSource | undefined } = {},
): Promise<MigrateReport> {
  const source = options.source ?? localStorage;
  const keys = Array.from({ length: source.length }, (_, index) => source.key(index)!);
  return copy(db, keys, async (some) => some.map((key) => source.getItem(key)), options);
}

/**
 * Values of text and bytes; others need a store with `codec: 'json'`. Keys become text: those that
 * are none (numbers, dates, arrays) reject with INVALID_KEY before anything is copied.
 */
export async function fromIdbKeyval<S>(
  db: MigrateTarget,
  source: IdbKeyvalSource<S>,
  options: MigrateOptions & { store?: S } = {},
): Promise<MigrateReport> {
  const keys = await source.keys(options.store);
  const odd = keys.find((key) => typeof key !== 'string');
  if (odd !== undefined) {
    const message = `the key ${String(odd)} is no text; wadict/idb-keyval keeps keys of any kind`;
    throw new WadictError('INVALID_KEY', message);
  }
  const read = (some: string[]): Promise<unknown[]> =>
    source.getMany(some as never[], options.store);
  return copy(db, keys as string[], read, options);
}

export async function fromLocalForage(
  db: MigrateTarget,
  source: LocalForageSource,
  options: MigrateOptions = {},
): Promise<MigrateReport> {
  const read = (some: string[]): Promise<unknown[]> =>
    Promise.all(some.map((key) => source.getItem(key)));
  return copy(db, await source.keys(), read, options);
}

async function copy(
  db: MigrateTarget,
  all: string[],
  read: (keys: string[]) => Promise<unknown[]>,
  { prefix = '', filter, replace = false, onProgress, signal }: MigrateOptions,
): Promise<MigrateReport> {
  const keys = filter === undefined ? all : all.filter(filter);
  let copied = 0;
  let kept = 0;
  for (let at = 0; at < keys.length; at += kPiece) {
    if (signal?.aborted) throw new WadictError('ABORTED', 'the migration was aborted');
    const piece = keys.slice(at, at + kPiece);
    const values = await read(piece);
    const writes = piece.map((key, place) => {
      const value = values[place];
      const isGone = value === null || value === undefined; // deleted meanwhile
      return isGone ? undefined : db.set(prefix + key, value as never, { nx: !replace });
    });
    for (const done of await Promise.all(writes)) {
      if (done === null) kept++;
      else if (done !== undefined) copied++;
    }
    onProgress?.({ done: at + piece.length, total: keys.length });
  }
  return { copied, kept };
}
