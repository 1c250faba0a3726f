/**
 * `wadict/unstorage`: a driver for unstorage (Nuxt, Nitro), with `ttl`, in seconds.
 *
 *   createStorage({ driver: wadictDriver({ db }) });
 */
import { allKeys, escapeGlob, type TextSpace, type TextStore } from './store.ts';

export interface WadictDriverOptions {
  db: TextStore;
  /** What the keys begin with in the store. Default 'unstorage:'. */
  base?: string | undefined;
}

interface WriteOptions {
  ttl?: number | undefined;
}

interface Item {
  key: string;
  value: string;
  options?: WriteOptions | undefined;
}

/** unstorage's separators are ':'; a query is no part of a key (unstorage cuts it). */
const plain = (base: string | undefined): string => (base ?? '').replace(/[:/\\]*$/, '');

const lifetime = (options?: WriteOptions): { px?: number } =>
  options?.ttl ? { px: Math.max(1, Math.ceil(options.ttl * 1000)) } : {};

export function wadictDriver(options: WadictDriverOptions): WadictDriver {
  return new WadictDriver(options);
}

export class WadictDriver {
  readonly name = 'wadict';
  readonly flags = { ttl: true, maxDepth: true };
  readonly options: WadictDriverOptions;
  readonly #space: TextSpace;

  constructor(options: WadictDriverOptions) {
    this.options = options;
    this.#space = options.db.namespace(options.base ?? 'unstorage:');
  }

  getInstance = (): TextStore => this.options.db;

  hasItem = async (key: string): Promise<boolean> => (await this.#space.exists(key)) === 1;

  getItem = (key: string): Promise<string | null> => this.#space.get(key);

  getItems = async (items: { key: string }[]): Promise<{ key: string; value: string | null }[]> => {
    if (items.length === 0) return [];
    const values = await this.#space.mget(items.map(({ key }) => key));
    return items.map(({ key }, place) => ({ key, value: values[place] ?? null }));
  };

  getItemRaw = (key: string): Promise<Uint8Array | null> => this.#space.getBuffer(key);

  setItem = async (key: string, value: string, options?: WriteOptions): Promise<void> =>
    void (await this.#space.set(key, value, lifetime(options)));

  setItems = async (items: Item[], common?: WriteOptions): Promise<void> => {
    const write = ({ key, value, options }: Item): Promise<void> =>
      this.setItem(key, value, options ?? common);
    await Promise.all(items.map(write));
  };

  /** Bytes stay bytes; an ArrayBuffer becomes them. */
  setItemRaw = async (
    key: string,
    value: Uint8Array | ArrayBuffer | string,
    options?: WriteOptions,
  ): Promise<void> => {
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    await this.#space.setBuffer(key, bytes, lifetime(options));
  };

  removeItem = async (key: string): Promise<void> => void (await this.#space.unlink(key));

  getKeys = async (base?: string, options?: { maxDepth?: number }): Promise<string[]> => {
    const keys = await this.#below(base);
    const { maxDepth } = options ?? {};
    if (maxDepth === undefined) return keys;
    return keys.filter((key) => key.split(':').length - 1 <= maxDepth);
  };

  /** Below `base` only. */
  clear = async (base?: string): Promise<void> => {
    const keys = await this.#below(base);
    if (keys.length > 0) await this.#space.unlink(...keys);
  };

  /** Tells of every change, own ones too. Resolves with what stops it. */
  watch = async (
    changed: (event: 'update' | 'remove', key: string) => unknown,
  ): Promise<() => void> => {
    const stop = this.#space.observe('*', (change) => {
      if (change.type === 'set') changed('update', change.key);
      else if ('key' in change) changed('remove', change.key);
      if (change.type === 'renamed') changed('update', change.newKey);
    });
    await stop.ready;
    return stop;
  };

  /** The store belongs to whoever opened it. */
  dispose = (): void => {};

  #below(base: string | undefined): Promise<string[]> {
    const start = plain(base);
    return allKeys(this.#space, start === '' ? '*' : `${escapeGlob(`${start}:`)}*`);
  }
}
