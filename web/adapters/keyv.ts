/**
 * `wadict/keyv`: a Keyv store, whose deadlines are the engine's own.
 *
 *   const keyv = new Keyv({ store: new KeyvWadict(db) });
 *
 * Keyv 5 hands over times to live; Keyv 6 wraps such stores by itself.
 */
import { allKeys, escapeGlob, type TextSpace, type TextStore } from './store.ts';

export interface KeyvWadictOptions {
  /** What the keys begin with in the store. Default 'keyv:'. */
  prefix?: string | undefined;
}

interface KeyvEntry {
  key: string;
  value: string;
  ttl?: number | undefined;
}

export class KeyvWadict {
  readonly opts: Record<string, unknown>;
  /** Set by Keyv, which writes it before its keys. */
  namespace: string | undefined;
  readonly #space: TextSpace;

  constructor(db: TextStore, { prefix = 'keyv:' }: KeyvWadictOptions = {}) {
    this.#space = db.namespace(prefix);
    this.opts = { dialect: 'redis', url: `wadict:${db.name}` };
  }

  async get<T>(key: string): Promise<T | undefined> {
    return ((await this.#space.get(key)) ?? undefined) as T | undefined;
  }

  async getMany<T>(keys: string[]): Promise<(T | undefined)[]> {
    if (keys.length === 0) return [];
    return (await this.#space.mget(keys)).map((value) => (value ?? undefined) as T | undefined);
  }

  /** `ttl` in ms; 0 or undefined: for ever. A deadline that has passed deletes. */
  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    if (ttl === undefined || ttl === 0) await this.#space.set(key, value);
    else if (ttl < 0) await this.#space.unlink(key);
    else await this.#space.set(key, value, { px: Math.max(1, Math.ceil(ttl)) });
    return true;
  }

  async setMany(entries: KeyvEntry[]): Promise<void> {
    await Promise.all(entries.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#space.unlink(key)) === 1;
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    return keys.length > 0 && (await this.#space.unlink(...keys)) > 0;
  }

  async has(key: string): Promise<boolean> {
    return (await this.#space.exists(key)) === 1;
  }

  hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)));
  }

  /** Keys of Keyv's namespace; without one, of all. */
  async clear(): Promise<void> {
    if (this.namespace === undefined) return void (await this.#space.clear());
    const keys = await allKeys(this.#space, `${escapeGlob(`${this.namespace}:`)}*`);
    if (keys.length > 0) await this.#space.unlink(...keys);
  }

  async *iterator<T>(namespace?: string): AsyncGenerator<[string, T | undefined], void> {
    const match = namespace === undefined ? '*' : `${escapeGlob(`${namespace}:`)}*`;
    const seen = new Set<string>();
    for await (const batch of this.#space.scanIterator({ match })) {
      const keys = batch.filter((key) => !seen.has(key));
      const values = await this.getMany<T>(keys);
      for (const [place, key] of keys.entries()) {
        seen.add(key);
        if (values[place] !== undefined) yield [key, values[place]];
      }
    }
  }

  /** Errors are rejections of the calls; the store has no events of its own. */
  on(): this {
    return this;
  }
}
