/** What the adapters need of a store: an opened client, or a part of one, of either codec. */

import type { Change, ObservingEnded, StopObserving } from '../client/changes.ts';

export type KeyChange = Change | ObservingEnded;

/** A namespace, seen as text in, text out. */
export interface TextSpace {
  readonly prefix: string;
  get(key: string): Promise<string | null>;
  getBuffer(key: string): Promise<Uint8Array | null>;
  mget(keys: string[]): Promise<(string | null)[]>;
  set(key: string, value: string, options?: { px?: number | undefined }): Promise<unknown>;
  setBuffer(
    key: string,
    value: Uint8Array | string,
    options?: { px?: number | undefined },
  ): Promise<unknown>;
  mset(pairs: [key: string, value: string][]): Promise<unknown>;
  exists(...keys: string[]): Promise<number>;
  unlink(...keys: string[]): Promise<number>;
  /** As a store's `observe`; what is said of a key is that it changed. */
  observe(pattern: string, listener: (change: KeyChange) => void): StopObserving;
  scanIterator(options?: { match?: string; count?: number }): AsyncIterable<string[]>;
  clear(): Promise<number>;
}

export interface TextStore {
  readonly name: string;
  namespace(prefix: string): TextSpace;
}

/** All keys of a part, each once. */
export async function allKeys(space: TextSpace, match = '*'): Promise<string[]> {
  const found = new Set<string>();
  for await (const keys of space.scanIterator({ match })) for (const key of keys) found.add(key);
  return [...found];
}

/** All pairs of a part; what is deleted meanwhile is left out. */
export async function allEntries(space: TextSpace): Promise<[key: string, value: string][]> {
  const entries: [string, string][] = [];
  const seen = new Set<string>();
  for await (const batch of space.scanIterator()) {
    const keys = batch.filter((key) => !seen.has(key));
    if (keys.length === 0) continue;
    const values = await space.mget(keys);
    keys.forEach((key, place) => {
      seen.add(key);
      const value = values[place];
      if (value !== null && value !== undefined) entries.push([key, value]);
    });
  }
  return entries;
}

/** A pattern that matches exactly this text. */
export const escapeGlob = (text: string): string => text.replace(/[\\*?[\]^-]/g, '\\$&');
