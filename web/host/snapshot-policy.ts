/**
 * When the log is rewritten as a new base, and how persistence is combined (rows P10, P19, P23):
 *
 *   log  save points   what is stored                          what a restart loads
 *   yes  none          base and log (the default)              base and log
 *   yes  some          base and log; dump.rdb where there is one   base and log
 *   no   some          snapshots only                          the last snapshot
 *   no   none          only what SAVE and BGSAVE are told to   the last snapshot
 *
 * Save points themselves are counted by the engine, which asks for a BGSAVE in its tick.
 */

export interface RewriteRule {
  /** The log must exceed this … */
  readonly minBytes: number;
  /** … and `factor` times the base. 0 turns automatic rewriting off. */
  readonly factor: number;
}

export const kBrowserRewrite: RewriteRule = { minBytes: 4 * 1024 * 1024, factor: 1 };
export const kNodeRewrite: RewriteRule = { minBytes: 64 * 1024 * 1024, factor: 1 };

const kFirstBackOffMs = 60_000;
const kMaxBackOffMs = 3_600_000;
const kPatience = 3; // failures before the pauses begin

export class RewritePolicy {
  rule: RewriteRule;
  #failures = 0;
  #notBefore = -Infinity;

  constructor(rule: RewriteRule) {
    this.rule = rule;
  }

  isDue(logBytes: number, baseBytes: number, elapsedMs: number): boolean {
    const { minBytes, factor } = this.rule;
    if (factor <= 0 || elapsedMs < this.#notBefore) return false;
    return logBytes > Math.max(minBytes, factor * baseBytes);
  }

  /** As Redis: after three failures in a row wait 1, 2, 4 … 60 minutes. */
  ended(ok: boolean, elapsedMs: number): void {
    this.#failures = ok ? 0 : this.#failures + 1;
    const beyond = this.#failures - kPatience;
    const pause = beyond < 0 ? 0 : Math.min(kFirstBackOffMs * 2 ** beyond, kMaxBackOffMs);
    this.#notBefore = pause === 0 ? -Infinity : elapsedMs + pause;
  }
}
