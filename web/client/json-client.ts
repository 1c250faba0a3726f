/** Types of a store opened with `codec: 'json'`: strings are values. */
import type { Key, KeyList } from './arguments.ts';
import type { UpdateOptions } from './atomic.ts';
import type { Client } from './client.ts';
import type { ExpiryOptions, GetexOptions, SetOptions } from './command-options.ts';
import type { Namespace } from './namespace.ts';

export type JsonSetOptions = Omit<SetOptions, 'ifeq' | 'ifne' | 'get'> & {
  ifeq?: unknown;
  ifne?: unknown;
  get?: boolean | undefined;
};

type JsonEntries = Readonly<Record<string, unknown>> | Iterable<readonly [Key, unknown]>;

export interface JsonCommands {
  get<T = unknown>(key: Key): Promise<T | null>;
  getdel<T = unknown>(key: Key): Promise<T | null>;
  getex<T = unknown>(key: Key, options?: GetexOptions): Promise<T | null>;
  getset<T = unknown>(key: Key, value: unknown): Promise<T | null>;
  mget<T = unknown>(...keys: KeyList): Promise<(T | null)[]>;
  mset(pairs: JsonEntries): Promise<'OK'>;
  msetnx(pairs: JsonEntries): Promise<number>;
  psetex(key: Key, ms: number, value: unknown): Promise<'OK'>;
  set<T = 'OK'>(key: Key, value: unknown, options?: JsonSetOptions): Promise<T | null>;
  setex(key: Key, seconds: number, value: unknown): Promise<'OK'>;
  setnx(key: Key, value: unknown): Promise<number>;
  cas(key: Key, expected: unknown, next: unknown, options?: ExpiryOptions): Promise<boolean>;
  update<T = unknown>(
    key: Key,
    updater: (current: T | null) => T | undefined,
    options?: UpdateOptions,
  ): Promise<T>;
  namespace(prefix: string): JsonNamespace;
}

export type JsonClient = Omit<Client, keyof JsonCommands> & JsonCommands;
export type JsonNamespace = Omit<Namespace, keyof JsonCommands> & JsonCommands;
