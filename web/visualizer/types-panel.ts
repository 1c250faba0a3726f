/** A button for each type: a value to begin with, and the card that shows how it is kept. */
import { byId } from './dom.ts';
import { kValueExamples } from './value-examples.ts';

export interface TypesPanelOptions {
  /** Types lines into the command line. */
  readonly run: (lines: readonly string[]) => Promise<void>;
  /** The reply to a line as the command line prints it. */
  readonly ask: (line: string) => Promise<string>;
  /** Shows where the key lives, and its value. */
  readonly show: (key: string) => Promise<void>;
}

export class TypesPanel {
  readonly #options: TypesPanelOptions;

  constructor(options: TypesPanelOptions) {
    this.#options = options;
    for (const choice of byId('types', HTMLElement).querySelectorAll('button')) {
      choice.addEventListener('click', () => void this.#choose(choice.dataset['type'] ?? ''));
    }
  }

  /** Makes the value unless it is there, and shows it. */
  async #choose(type: string): Promise<void> {
    const example = kValueExamples[type];
    if (example === undefined) return;
    const found = await this.#options.ask(`TYPE ${example.key}`);
    const before = found === 'none' ? [] : [`DEL ${example.key}`];
    if (found !== type) await this.#options.run([...before, ...example.lines]);
    await this.#options.show(example.key);
  }
}
