/**
 * Time as the page sees it: the only file of the visualizer that touches clocks, timers and the
 * browser's frames. Everything else is handed a PageClock; tests hand in their own.
 */

export interface PageClock {
  /** Unix ms. */
  now(): number;
  /** Monotonic ms. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when `signal` is or becomes aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once before the next frame is painted. */
  frame(run: (elapsedMs: number) => void): void;
  /** Calls `run` about once per `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void;
}

export function browserClock(): PageClock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const timer = setTimeout(done, ms);
        function done(): void {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        }
        signal?.addEventListener('abort', done);
        return undefined;
      }),
    frame: (run) => {
      requestAnimationFrame(() => run(performance.now()));
    },
    every(ms, run) {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
  };
}
