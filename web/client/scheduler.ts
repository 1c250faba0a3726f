/** The client's only timer: how long a lock waits before it asks again. Tests hand in their own. */
export interface Timers {
  /** Calls `run` once after `ms`; returns a function that cancels it. */
  setTimer(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  setTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
