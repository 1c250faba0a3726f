/** "Load WordNet": progress, cancel, and the choice to watch the first resizes. */
import { byId, formatNumber, messageOf, setText } from './dom.ts';
import type { CommandSource } from './generators.ts';
import type { RunEnd } from './player.ts';
import { WordnetSource } from './wordnet-source.ts';

export interface WordnetPanelOptions {
  readonly play: (source: CommandSource, onTaken: (count: number) => void) => Promise<RunEnd>;
  readonly stop: () => Promise<void>;
  /** Position of the speed slider. */
  readonly setSpeed: (position: number) => void;
  readonly tell: (sentence: string) => void;
}

const kFull = 9;
const kSlow = 4;
/** Words after which "slowly at first" ends: three resizes of a table of sixteen buckets. */
const kSlowWords = 340;

export class WordnetPanel {
  readonly #options: WordnetPanelOptions;
  readonly #load = byId('load-wordnet', HTMLButtonElement);
  readonly #cancel = byId('cancel-wordnet', HTMLButtonElement);
  readonly #line = byId('wordnet-progress-line', HTMLElement);
  readonly #bar = byId('wordnet-progress', HTMLProgressElement);
  readonly #text = byId('wordnet-text', HTMLOutputElement);
  readonly #isSlow = byId('watch-first', HTMLInputElement);

  constructor(options: WordnetPanelOptions) {
    this.#options = options;
    this.#load.addEventListener('click', () => void this.#run());
    this.#cancel.addEventListener('click', () => void options.stop());
  }

  async #run(): Promise<void> {
    const { play, setSpeed, tell } = this.#options;
    this.#load.disabled = true;
    this.#cancel.hidden = false;
    this.#line.hidden = false;
    let source: WordnetSource | undefined;
    try {
      source = await WordnetSource.fetch('wordnet.bin.gz');
      const loaded = source;
      let isSlow = this.#isSlow.checked;
      setSpeed(isSlow ? kSlow : kFull);
      const end = await play(loaded, (count) => {
        this.#progress(count, loaded.total);
        if (!isSlow || count < kSlowWords) return;
        isSlow = false;
        setSpeed(kFull);
      });
      const sentence = {
        'end of source': 'WordNet is loaded: try GET word:tree.',
        stopped: 'Loading WordNet was stopped; what was loaded stays.',
        failed: 'Loading WordNet failed.',
      }[end];
      setText(this.#text, end === 'end of source' ? `${formatNumber(loaded.total)} words` : end);
      tell(sentence);
    } catch (error) {
      setText(this.#text, messageOf(error));
    } finally {
      await source?.cancel();
      this.#load.disabled = false;
      this.#cancel.hidden = true;
    }
  }

  #progress(count: number, total: number): void {
    this.#bar.max = Math.max(1, total);
    this.#bar.value = count;
    setText(this.#text, `${formatNumber(count)} of ${formatNumber(total)}`);
  }
}
