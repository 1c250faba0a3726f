/**
 * `wadict/storage`: a part of a store as a Storage (getItem, setItem, …), synchronous once it is
 * ready, for whatever wants a localStorage without its five megabytes.
 *
 *   const storage = await createStorage(db);
 *   storage.setItem('theme', 'dark');
 *
 * Reads come from a copy in memory. Writes change the copy at once and the store in the order made;
 * `settled()` tells when, and whether, they are stored. The copy observes its part of the store and
 * reads what changed there, so that all copies come to what the store holds, whoever changed it.
 */
import { WadictError } from '../errors.ts';
import { allEntries, type KeyChange, type TextSpace, type TextStore } from './store.ts';

export interface StorageOptions {
  /** What the keys begin with in the store. Default 'storage:'. */
  prefix?: string | undefined;
}

/** As a StorageEvent tells it. `key` null: everything was cleared. */
export interface StorageChange {
  readonly key: string | null;
  readonly oldValue: string | null;
  readonly newValue: string | null;
  /** 'remote': not through this copy; by another, in this tab or another, or in the store itself. */
  readonly origin: 'local' | 'remote';
}

type Listener = (change: StorageChange) => void;

/** Loads the copy. Rejects with what the store rejects with. */
export async function createStorage(
  db: TextStore,
  { prefix = 'storage:' }: StorageOptions = {},
): Promise<WadictStorage> {
  const space = db.namespace(prefix);
  const storage = new WadictStorage(space);
  try {
    await storage.ready;
    await storage.reload();
  } catch (error) {
    storage.close();
    throw error;
  }
  return storage;
}

export class WadictStorage {
  readonly #space: TextSpace;
  readonly #copy = new Map<string, string>();
  readonly #listeners = new Set<Listener>();
  readonly #stop: () => void;
  /** Keys to be read, as one request at the end of the turn. */
  readonly #changed = new Set<string>();
  /** Own writes so far, per key: what was asked for before the last of them is not news. */
  readonly #writes = new Map<string, number>();
  #clears = 0;
  #stored: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  /** @internal Resolves when changes are heard. */
  readonly ready: Promise<void>;

  /** @internal */
  constructor(space: TextSpace) {
    this.#space = space;
    const stop = space.observe('*', (change) => this.#hear(change));
    this.#stop = stop;
    this.ready = stop.ready;
  }

  get length(): number {
    return this.#copy.size;
  }

  key(index: number): string | null {
    return [...this.#copy.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#copy.get(String(key)) ?? null;
  }

  setItem(key: string, value: string): void {
    const [name, text] = [String(key), String(value)];
    const before = this.getItem(name);
    this.#copy.set(name, text);
    this.#write(name, this.#space.set(name, text));
    if (before !== text) this.#tell(name, before, text, 'local');
  }

  removeItem(key: string): void {
    const name = String(key);
    const before = this.getItem(name);
    if (before === null) return;
    this.#copy.delete(name);
    this.#write(name, this.#space.unlink(name));
    this.#tell(name, before, null, 'local');
  }

  clear(): void {
    if (this.#copy.size === 0) return;
    this.#copy.clear();
    this.#clears++;
    this.#write(null, this.#space.clear());
    this.#tell(null, null, null, 'local');
  }

  /** Calls `listener` after every change, own or of another copy. Returns what stops it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every write so far is stored; rejects with the first failure not told yet. */
  async settled(): Promise<void> {
    await this.#stored;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Reads everything from the store again. Resolves when the copy is what the store holds. */
  async reload(): Promise<void> {
    await this.#stored;
    const clears = this.#clears;
    const writes = new Map(this.#writes);
    const entries = new Map(await allEntries(this.#space));
    if (clears !== this.#clears) return;
    for (const key of new Set([...this.#copy.keys(), ...entries.keys()])) {
      if (writes.get(key) === this.#writes.get(key)) this.#learn(key, entries.get(key) ?? null);
    }
  }

  /** Hears and tells no more. The store stays open. */
  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #write(key: string | null, work: Promise<unknown>): void {
    if (key !== null) this.#writes.set(key, (this.#writes.get(key) ?? 0) + 1);
    const told = work.then(
      () => undefined,
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    this.#stored = Promise.all([this.#stored, told]);
  }

  #hear(change: KeyChange): void {
    if (change.type === 'ended') this.#failure ??= change.error;
    else if (change.type === 'resync') void this.#try(() => this.reload());
    else {
      if (this.#changed.size === 0) queueMicrotask(() => void this.#try(() => this.#refresh()));
      this.#changed.add(change.key);
      if (change.type === 'renamed') this.#changed.add(change.newKey);
    }
  }

  async #try(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #refresh(): Promise<void> {
    const keys = [...this.#changed];
    this.#changed.clear();
    const writes = keys.map((key) => this.#writes.get(key));
    const clears = this.#clears;
    const values = await this.#space.mget(keys);
    if (clears !== this.#clears) return;
    keys.forEach((key, place) => {
      if (writes[place] === this.#writes.get(key)) this.#learn(key, values[place] ?? null);
    });
  }

  #learn(key: string, value: string | null): void {
    const before = this.getItem(key);
    if (before === value) return;
    if (value === null) this.#copy.delete(key);
    else this.#copy.set(key, value);
    this.#tell(key, before, value, 'remote');
  }

  #tell(
    key: string | null,
    oldValue: string | null,
    newValue: string | null,
    origin: StorageChange['origin'],
  ): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener({ key, oldValue, newValue, origin });
      } catch (error) {
        queueMicrotask(() => {
          throw error; // the listener's own: reported as uncaught, felt by nobody else
        });
      }
    }
  }
}

/** The same part without a copy in memory: every call asks the store. */
export interface AsyncStorage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  entries(): Promise<[key: string, value: string][]>;
  clear(): Promise<void>;
}

/** For Zustand's createJSONStorage, TanStack's persisters, redux-persist and their like. */
export function asyncStorage(
  db: TextStore,
  { prefix = 'storage:' }: StorageOptions = {},
): AsyncStorage {
  const space = db.namespace(prefix);
  return {
    getItem: (key) => space.get(key),
    setItem: async (key, value) => {
      if (typeof value !== 'string') {
        throw new WadictError('INVALID_VALUE', `setItem() takes text, not a ${typeof value}`);
      }
      await space.set(key, value);
    },
    removeItem: async (key) => void (await space.unlink(key)),
    entries: () => allEntries(space),
    clear: async () => void (await space.clear()),
  };
}
