/**
 * WordNet as a source of commands: every lemma once, in order, while the file arrives.
 * The file comes from beside the page; the service worker keeps it after its first use.
 */
import type { Command, CommandSource } from './generators.ts';
import { readWordnet, type WordnetBatch } from './wordnet-format.ts';

export class WordnetSource implements CommandSource {
  readonly name = 'wordnet';
  readonly #batches: AsyncGenerator<WordnetBatch, void, undefined>;
  #ready: Command[] = [];
  #at = 0;
  #total = 0;

  private constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#batches = readWordnet(stream);
  }

  /** @throws Error when the file cannot be had. */
  static async fetch(url: string): Promise<WordnetSource> {
    const response = await fetch(url);
    if (!response.ok || response.body === null) {
      throw new Error(`the WordNet file could not be loaded (${response.status})`);
    }
    return new WordnetSource(response.body);
  }

  /** Lemmas of the file; 0 before its first bytes. */
  get total(): number {
    return this.#total;
  }

  /** @throws WordnetFormatError */
  async take(count: number): Promise<readonly Command[]> {
    while (this.#ready.length - this.#at < count) {
      const { done, value } = await this.#batches.next();
      if (done) break;
      this.#total = value.total;
      const rest = this.#ready.slice(this.#at);
      for (const { lemma, glosses } of value.entries) rest.push(['SET', `word:${lemma}`, glosses]);
      this.#ready = rest;
      this.#at = 0;
    }
    const taken = this.#ready.slice(this.#at, this.#at + count);
    this.#at += taken.length;
    return taken;
  }

  /** Stops the download. */
  async cancel(): Promise<void> {
    await this.#batches.return();
  }
}
