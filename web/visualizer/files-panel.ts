/** In and out: the store as an RDB file, an RDB file as the store; JSON and CSV as more keys. */
import type { Client } from '../client/client.ts';
import type { CommandSource } from './generators.ts';
import { isOwnData, pairsSource, readOwnData } from './own-data.ts';
import type { RunEnd } from './player.ts';
import { byId, formatBytes, formatNumber, messageOf, setText } from './dom.ts';

export interface FilesOptions {
  readonly store: () => Client | null;
  /** Plays commands to their end. */
  readonly play: (source: CommandSource) => Promise<RunEnd>;
  /** The contents changed as a whole. */
  readonly onReplaced: () => void;
}

export class FilesPanel {
  readonly #options: FilesOptions;
  readonly #status = byId('files-status', HTMLElement);
  readonly #file = byId('rdb-file', HTMLInputElement);
  readonly #download = byId('download', HTMLButtonElement);
  /** Of the last download; given back when the next one is made. */
  #url = '';

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#download.addEventListener('click', () => void this.#export());
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      if (file !== undefined) void this.#take(file);
      this.#file.value = ''; // the same file may be chosen again
    });
    const drop = byId('drop', HTMLElement);
    const over = (isOver: boolean) => (event: DragEvent) => {
      event.preventDefault();
      drop.dataset['over'] = String(isOver);
    };
    drop.addEventListener('dragover', over(true));
    drop.addEventListener('dragleave', over(false));
    drop.addEventListener('drop', (event) => {
      over(false)(event);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void this.#take(file);
    });
  }

  async #export(): Promise<void> {
    const db = this.#options.store();
    if (db === null) return;
    this.#download.disabled = true;
    try {
      const blob = await db.export({ as: 'blob' });
      URL.revokeObjectURL(this.#url);
      this.#url = URL.createObjectURL(blob);
      const link = document.createElement('a');
      link.href = this.#url;
      link.download = 'dump.rdb';
      link.click();
      setText(this.#status, `dump.rdb: ${formatBytes(blob.size)}`);
    } catch (error) {
      setText(this.#status, `The download failed: ${messageOf(error)}`);
    } finally {
      this.#download.disabled = false;
    }
  }

  #take(file: File): Promise<void> {
    return isOwnData(file.name) ? this.#add(file) : this.#import(file);
  }

  /** Own data is added to what is there. */
  async #add(file: File): Promise<void> {
    try {
      const pairs = readOwnData(file.name, await file.text());
      setText(this.#status, `${file.name}: adding ${formatNumber(pairs.length)} keys …`);
      const end = await this.#options.play(pairsSource(file.name, pairs));
      const done = end === 'end of source' ? `${formatNumber(pairs.length)} keys added` : end;
      setText(this.#status, `${file.name}: ${done}`);
    } catch (error) {
      setText(this.#status, `${file.name} was refused, nothing changed: ${messageOf(error)}`);
    }
  }

  async #import(file: File): Promise<void> {
    const db = this.#options.store();
    if (db === null) return;
    setText(this.#status, `Reading ${file.name} (${formatBytes(file.size)}) …`);
    try {
      const { keys } = await db.import(file);
      setText(this.#status, `${file.name}: ${formatNumber(keys)} keys loaded`);
    } catch (error) {
      setText(this.#status, `${file.name} was refused, nothing changed: ${messageOf(error)}`);
    }
    this.#options.onReplaced();
  }
}
