/** The Worker's script with counters in front: timers that fired, IndexedDB transactions, ticks. */

const counts = { timers: 0, transactions: 0, messages: 0 };

const setTimer = globalThis.setTimeout;
globalThis.setTimeout = ((run: () => void, ms?: number) =>
  setTimer(() => {
    counts.timers++;
    run();
  }, ms)) as typeof setTimeout;

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
channel.onmessage = () => channel.postMessage({ ...counts });

await import('../../../web/worker/entry.ts');
export {};
