/**
 * The Worker's script with counters in front: timers that fired and timers armed now, IndexedDB
 * transactions, ticks.
 */

const counts = { timers: 0, armed: 0, transactions: 0, messages: 0 };

const armed = new Set<unknown>();
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = ((run: () => void, ms?: number) => {
  const timer = setTimer(() => {
    counts.timers++;
    armed.delete(timer);
    run();
  }, ms);
  armed.add(timer);
  return timer;
}) as typeof setTimeout;

const clearTimer = globalThis.clearTimeout;
globalThis.clearTimeout = ((timer: Parameters<typeof clearTimer>[0]) => {
  armed.delete(timer);
  clearTimer(timer);
}) as typeof clearTimeout;

const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function counted(this: IDBDatabase, ...args) {
  counts.transactions++;
  return transaction.apply(this, args);
};

const { postMessage } = MessagePort.prototype;
MessagePort.prototype.postMessage = function counted(this: MessagePort, ...args: unknown[]) {
  counts.messages++;
  return Reflect.apply(postMessage, this, args) as void;
};

const channel = new BroadcastChannel('counts');
channel.onmessage = () => channel.postMessage({ ...counts, armed: armed.size });

await import('../../../web/worker/entry.ts');
export {};
