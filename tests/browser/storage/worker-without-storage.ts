/** The Worker's script where there is no IndexedDB (lockdown mode, some private windows). */

Object.defineProperty(globalThis, 'indexedDB', { value: undefined });

await import('../../../web/worker/entry.ts');
export {};
