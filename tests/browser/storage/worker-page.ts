/** Runs in the page: the public API over a real Worker and real IndexedDB, driven by the test. */

import { open } from '../../../web/index.ts';
import type { BrowserOpenOptions, Client } from '../../../web/index.ts';
import { WadictError } from '../../../web/errors.ts';

export interface Outcome {
  readonly value: unknown;
  readonly code: string | null;
}

export type Counts = Record<string, number>;

export interface WorkerPage {
  openStore(name: string, options?: BrowserOpenOptions, script?: string): Promise<string>;
  call(name: string, ...argv: string[]): Promise<Outcome>;
  /** Starts a call that is not awaited; `settled` tells how it ended. */
  start(name: string, ...argv: string[]): void;
  settled(): Promise<string[]>;
  flush(name: string): Promise<string>;
  storageOf(name: string): { storage: string; medium: string; lastError: string | null };
  roleOf(name: string): string;
  /** Observes a pattern from now on; `heard` tells what came: 'set k'. */
  observeKeys(name: string, pattern: string): Promise<void>;
  heard(name: string): string[];
  close(name: string): Promise<string>;
  /** Whether the loss of the database would be noticed. */
  isWitnessed(name: string): boolean;
  /** Deletes the database, as browsers do. */
  drop(name: string): Promise<void>;
  killWorker(name: string): void;
  /** What the counting Worker had done `settleMs` from now, and `watchMs` later. */
  observe(settleMs: number, watchMs: number): Promise<{ settled: Counts; after: Counts }>;
  /** Raw reads of IndexedDB, by no code of ours. */
  rows(
    name: string,
  ): Promise<{ stores: string[]; meta: number; frames: number[]; chunks: number; first: string }>;
}

const clients = new Map<string, Client>();
const heard = new Map<string, string[]>();
const workers = new Map<string, Worker>();
let started: Promise<string>[] = [];

const codeOf = (error: unknown): string =>
  error instanceof WadictError ? error.code : `not a WadictError: ${String(error)}`;

function client(name: string): Client {
  const found = clients.get(name);
  if (found === undefined) throw new Error(`${name} is not open`);
  return found;
}

const request = <T>(source: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    source.onsuccess = () => resolve(source.result);
    source.onerror = () => reject(source.error);
  });

function counts(): Promise<Counts> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel('counts');
    channel.onmessage = ({ data }) => {
      channel.close();
      resolve(data as Counts);
    };
    channel.postMessage('?');
  });
}

const after = (ms: number): Promise<Counts> =>
  new Promise((resolve) => setTimeout(() => resolve(counts()), ms));

const api: WorkerPage = {
  async openStore(name, options = {}, script = 'worker.js') {
    const worker = (): Worker => {
      const made = new Worker(`/${script}`, { type: 'module' });
      workers.set(name, made);
      return made;
    };
    try {
      clients.set(name, await open(name, { worker, ...options }));
      return 'open';
    } catch (error) {
      return codeOf(error);
    }
  },
  async call(name, ...argv) {
    const [command = '', ...rest] = argv;
    try {
      return { value: await client(name).call(command, ...rest), code: null };
    } catch (error) {
      return { value: null, code: codeOf(error) };
    }
  },
  start(name, ...argv) {
    const [command = '', ...rest] = argv;
    started.push(
      client(name)
        .call(command, ...rest)
        .then(() => 'resolved', codeOf),
    );
  },
  async settled() {
    const all = started;
    started = [];
    return Promise.all(all);
  },
  flush: (name) =>
    client(name)
      .flush()
      .then(() => 'resolved', codeOf),
  storageOf(name) {
    const { storage, medium, lastError } = client(name).status;
    return { storage, medium, lastError: lastError?.code ?? null };
  },
  roleOf: (name) => client(name).role,
  async observeKeys(name, pattern) {
    const told: string[] = [];
    heard.set(name, told);
    await client(name).observe(pattern, (change) => {
      if (change.type === 'ended') told.push(`ended ${change.error.code}`);
      else told.push(`${change.type} ${change.type === 'resync' ? change.reason : change.key}`);
    }).ready;
  },
  heard: (name) => heard.get(name) ?? [],
  close: (name) =>
    client(name)
      .close()
      .then(() => 'closed', codeOf),
  isWitnessed: (name) => client(name).status.witnessed,
  async drop(name) {
    await request(indexedDB.deleteDatabase(`wadict:${name}`));
  },
  killWorker(name) {
    workers.get(name)?.terminate();
  },
  async observe(settleMs, watchMs) {
    return { settled: await after(settleMs), after: await after(watchMs) };
  },
  async rows(name) {
    const db = await request(indexedDB.open(`wadict:${name}`));
    const stores = [...db.objectStoreNames];
    const transaction = db.transaction(stores, 'readonly');
    const meta = await request<Uint8Array>(transaction.objectStore('meta').get('M'));
    const frames = await request<Uint8Array[]>(transaction.objectStore('log').getAll());
    const chunks = await request(transaction.objectStore('snap').count());
    db.close();
    const first = new TextDecoder('latin1').decode(frames[0]?.subarray(0, 5));
    return { stores, meta: meta.length, frames: frames.map(({ length }) => length), chunks, first };
  },
};

Object.assign(globalThis, { wadictTest: api });
