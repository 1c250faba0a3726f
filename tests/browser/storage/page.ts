/** Runs in the page: the storage contract against real IndexedDB, and its own cases. */

import { systemScheduler } from '../../../web/host/scheduler.ts';
import { IndexedDbStorage } from '../../../web/storage/indexeddb-storage.ts';
import { contractCases } from '../../web/storage/contract.ts';
import { indexedDbCases } from './indexeddb-cases.ts';

export interface CaseResult {
  readonly name: string;
  readonly error: string | null;
}

interface TestWindow {
  caseNames: { contract: string[]; indexedDb: string[] };
  runCase: (group: 'contract' | 'indexedDb', name: string) => Promise<CaseResult>;
}

let count = 0;

function destroy(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`wadict:${name}`);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('a case left its database open'));
  });
}

async function run(name: string, body: (name: string) => Promise<void>): Promise<CaseResult> {
  const database = `contract-${++count}`;
  try {
    await body(database);
    await destroy(database);
    return { name, error: null };
  } catch (error) {
    return {
      name,
      error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
    };
  }
}

const page = globalThis as unknown as TestWindow;
page.caseNames = {
  contract: contractCases.map(({ name }) => name),
  indexedDb: indexedDbCases.map(({ name }) => name),
};
page.runCase = (group, name) => {
  if (group === 'contract') {
    const found = contractCases.find((item) => item.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    const timers = systemScheduler();
    return run(name, (database) =>
      found.run({ create: () => new IndexedDbStorage({ name: database, timers }) }),
    );
  }
  const found = indexedDbCases.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return run(name, (database) => found.run(database));
};
