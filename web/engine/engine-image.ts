/**
 * Images of an instance: its whole memory between two calls, which is all that the engine knows.
 * The page goes back in time with them; nothing else may, since a host's log would then know more
 * than its engine.
 *
 * Memory is cut into pages. A page that is equal to the same page of the image before is shared
 * with it, an empty one is not kept at all; so a series of images costs about what changed.
 * Invariant: an image is never written to. Restoring one into memory that has grown since empties
 * the rest, so the allocator finds what it left there.
 * Cost: taking an image reads all memory once (16 MiB: some ms), restoring it writes all once.
 */
export const kImagePageBytes = 16 * 1024;
const kWords = kImagePageBytes / 4;

export interface EngineImage {
  /** null: an empty page. */
  readonly pages: readonly (Int32Array | null)[];
  /** Bytes that this image holds alone. */
  readonly ownBytes: number;
}

/** Whoever holds views of the memory, or addresses in it. */
interface Holder {
  exchanged(): void;
}

export class ImageMaker {
  readonly #memory: WebAssembly.Memory;
  readonly #heap: Holder;

  constructor(memory: WebAssembly.Memory, heap: Holder) {
    this.#memory = memory;
    this.#heap = heap;
  }

  /** `before`: an earlier image of this instance, whose pages are shared where they are equal. */
  take(before: EngineImage | null): EngineImage {
    const words = new Int32Array(this.#memory.buffer);
    const pages: (Int32Array | null)[] = [];
    let ownBytes = 0;
    for (let at = 0; at < words.length; at += kWords) {
      const old = before?.pages[pages.length] ?? null;
      if (isSame(words, at, old)) pages.push(old);
      else {
        pages.push(words.slice(at, at + kWords));
        ownBytes += kImagePageBytes;
      }
    }
    return { pages, ownBytes };
  }

  /** The instance is again as it was when `image` was taken. Returns the bytes written. */
  restore(image: EngineImage): number {
    const words = new Int32Array(this.#memory.buffer);
    image.pages.forEach((page, number) => {
      const at = number * kWords;
      if (page === null) words.fill(0, at, at + kWords);
      else words.set(page, at);
    });
    words.fill(0, image.pages.length * kWords);
    this.#heap.exchanged();
    return words.byteLength;
  }
}

/** `page` null: an empty one. */
function isSame(words: Int32Array, at: number, page: Int32Array | null): boolean {
  for (let i = 0; i < kWords; i++) {
    if (words[at + i] !== (page === null ? 0 : page[i])) return false;
  }
  return true;
}
