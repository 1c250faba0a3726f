/** In and out: the store as an RDB file, and an RDB file as the store. */
import type { Client } from '../client/client.ts';
import { byId, formatBytes, formatNumber, messageOf, setText } from './dom.ts';

export interface FilesOptions {
  readonly store: () => Client | null;
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
      if (file !== undefined) void this.#import(file);
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
      if (file !== undefined) void this.#import(file);
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
