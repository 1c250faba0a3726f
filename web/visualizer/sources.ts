/** The chosen source of commands: made when it is first used, it goes on where it stopped. */
import {
  type Asker,
  birthdayCounters,
  collidingKeys,
  type CommandSource,
  deletions,
  expiringKeys,
  randomKeys,
  sequentialKeys,
  uuidKeys,
  zipfCounters,
} from './generators.ts';

export interface SourcesOptions {
  readonly seed: number;
  readonly asker: Asker;
  /** Keys in the store: keys in sequence are numbered on from there. */
  readonly keys: () => number;
}

export class Sources {
  readonly #options: SourcesOptions;
  readonly #made = new Map<string, CommandSource>();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** The contents changed as a whole: all begin anew. */
  reset(): void {
    this.#made.clear();
  }

  named(name: string): CommandSource {
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  #make(name: string): CommandSource {
    const { seed, asker, keys } = this.#options;
    if (name === 'random') return randomKeys(seed);
    if (name === 'zipf') return zipfCounters(seed);
    if (name === 'expiring') return expiringKeys(seed);
    if (name === 'uuid') return uuidKeys(seed);
    if (name === 'birthday') return birthdayCounters(seed);
    if (name === 'colliding') return collidingKeys();
    if (name === 'delete') return deletions(asker);
    return sequentialKeys(keys());
  }
}
