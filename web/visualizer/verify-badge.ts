/**
 * The badge that says whether the picture is true: counted when it is pressed, until it changes.
 */
import type { Client } from '../client/client.ts';
import { byId, messageOf, setText } from './dom.ts';
import type { Frame } from './frame.ts';
import { verify } from './verify.ts';

export interface VerifyBadgeOptions {
  readonly store: () => { readonly db: Client; readonly database: number } | null;
  readonly look: () => Promise<Frame | null>;
}

export class VerifyBadge {
  readonly #options: VerifyBadgeOptions;
  readonly #badge = byId('verify', HTMLButtonElement);
  readonly #text = byId('verify-text', HTMLElement);

  constructor(options: VerifyBadgeOptions) {
    this.#options = options;
    this.#badge.addEventListener('click', () => void this.#verify());
  }

  /** Another picture: what was said of the last one no longer counts. */
  reset(): void {
    if (this.#badge.dataset['state'] !== 'busy') this.#say('idle', 'Verify');
  }

  async #verify(): Promise<void> {
    const store = this.#options.store();
    if (store === null) return;
    this.#say('busy', 'Counting…');
    try {
      const { isTrue, text } = await verify(store.db, store.database, this.#options.look);
      this.#say(isTrue ? 'ok' : 'bad', text);
    } catch (error) {
      this.#say('bad', messageOf(error));
    }
  }

  #say(state: string, text: string): void {
    this.#badge.dataset['state'] = state;
    setText(this.#text, text);
  }
}
