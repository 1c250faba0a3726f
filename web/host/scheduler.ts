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
 * Node runs an immediate that does not keep the process alive only when something else wakes its
 * loop: asked for by a timer in an otherwise idle process it would wait for ever. A timer wakes it.
 */
function unreferencedTurn(run: () => void): void {
  const once = (): void => {
    clearImmediate(immediate);
    clearTimeout(timer);
    run();
  };
  const immediate = setImmediate(once).unref();
  const timer = setTimeout(once, 0).unref();
}

/** One message per yielded turn: setTimeout would be clamped to 4 ms after a few of them. */
function messageTurns(): (run: () => void) => void {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
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
      if (typeof setImmediate === 'function') {
        if (keepsAlive) setImmediate(run);
        else unreferencedTurn(run);
      } else {
        (viaMessages ??= messageTurns())(run);
      }
    },
  };
}

/** Resolves after events that already wait had their turn. */
export function turn(scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => scheduler.yieldTurn(resolve, true));
}
