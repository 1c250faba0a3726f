/**
 * Time, as the host sees it. This is the only file of the host, the storages and the Worker that
 * touches clocks and timers; everything else is handed a Scheduler, and tests hand in their own.
 */

export interface Scheduler {
  /** Unix ms. May jump both ways. */
  now(): number;
  /** Monotonic ms, for budgets and bounds. */
  elapsed(): number;
  /** Calls `run` once after `ms`, however far away; returns a function that cancels it. */
  setTimer(ms: number, run: () => void): () => void;
  /**
   * Calls `run` after events that already wait had their turn. `keepsAlive` false: in Node the
   * process may end instead.
   */
  yieldTurn(run: () => void, keepsAlive: boolean): void;
}

/** setTimeout's longest delay; a longer one would fire at once. */
export const kMaxTimerMs = 2 ** 31 - 1;

/** A timer in Node must not keep the process alive; in browsers it is a number. */
function unreferenced(timer: ReturnType<typeof setTimeout>): void {
  if (typeof timer === 'object') timer.unref();
}

function setTimer(ms: number, run: () => void): () => void {
  let left = Math.max(0, ms);
  let timer: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const part = Math.min(left, kMaxTimerMs);
    left -= part;
    timer = setTimeout(() => (left > 0 ? arm() : run()), part);
    unreferenced(timer);
  };
  arm();
  return () => clearTimeout(timer);
}

/**
 * One message per yielded turn. In browsers setTimeout would be clamped to 4 ms after a few of
 * them; in Node an immediate that does not keep the process alive does not end the loop's waiting
 * either, so it would come with the next event, whenever that is. A message does, from a port that
 * keeps nothing alive.
 */
function messageTurns(): (run: () => void) => void {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  for (const port of [channel.port1, channel.port2] as { unref?(): void }[]) port.unref?.();
  return (run) => {
    waiting.push(run);
    channel.port2.postMessage(null);
  };
}

export function systemScheduler(): Scheduler {
  let viaMessages: ((run: () => void) => void) | undefined;
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    setTimer,
    yieldTurn(run, keepsAlive) {
      if (keepsAlive && typeof setImmediate === 'function') setImmediate(run);
      else (viaMessages ??= messageTurns())(run);
    },
  };
}

/** Resolves after events that already wait had their turn. */
export function turn(scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => scheduler.yieldTurn(resolve, true));
}
