// How often every command and every option of a grammar was tried, and how it went.
import { labelsOf } from './grammar.mjs';

export class Coverage {
  #counts = new Map();
  #each;

  /** `each`: how often a label must have succeeded, and how often failed. */
  constructor(grammar, each) {
    this.#each = each;
    for (const command of grammar) {
      for (const label of labelsOf(command)) this.#counts.set(label, { ok: 0, error: 0 });
    }
  }

  get size() {
    return this.#counts.size;
  }

  add(labels, isError) {
    for (const label of labels) this.#counts.get(label)[isError ? 'error' : 'ok']++;
  }

  /** What a label lacks most: { missing, wrong: whether it is errors }. */
  need(label) {
    const { ok, error } = this.#counts.get(label);
    const wrong = error < ok;
    return { label, wrong, missing: this.#each - Math.min(ok, error) };
  }

  tooFew() {
    return [...this.#counts.keys()].filter((label) => this.need(label).missing > 0);
  }

  print() {
    for (const [label, { ok, error }] of [...this.#counts].sort()) {
      const columns = [String(ok).padStart(7), 'ok', String(error).padStart(7), 'errors'];
      console.log(`${label.padEnd(34)} ${columns.join(' ')}`);
    }
  }
}
