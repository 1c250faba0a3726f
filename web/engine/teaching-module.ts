/**
 * The reference layouts in WebAssembly (cpp/bindings/teaching.cpp): Redis's chained dict and an
 * arena of bytes with offsets, fed with operations one by one. The only owner of its memory's
 * views; what comes out is copied.
 */
import { encodeText } from '../resp/text.ts';
import { EngineError } from './engine-error.ts';
import { ImageMaker } from './engine-image.ts';

/** In the order of TeachingLayout. */
export const kTeachingLayouts = ['chained', 'chained-set', 'chained-odd-set', 'arena'] as const;
export type TeachingLayout = (typeof kTeachingLayouts)[number];
/** In the order of TeachingHash. */
export const kTeachingHashes = ['siphash', 'times33', 'constant'] as const;
export type TeachingHash = (typeof kTeachingHashes)[number];

export interface TeachingOptions {
  readonly layout: TeachingLayout;
  readonly hash: TeachingHash;
  /** A resize moves every bucket before the command returns. */
  readonly isAllAtOnce: boolean;
  readonly avoidResize: boolean;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  teaching_input(bytes: number): number;
  teaching_result(): number;
  teaching_result_bytes(): number;
  teaching_open(layout: number, hash: number, isAllAtOnce: number, avoidResize: number): number;
  teaching_set(keyBytes: number, valueBytes: number): number;
  teaching_get(keyBytes: number): number;
  teaching_erase(keyBytes: number): number;
  teaching_increment(keyBytes: number): number;
  teaching_clear(): void;
  teaching_view(): number;
  teaching_insert_many(first: number, count: number, run: number): number;
  _initialize?(): void;
}

/** What one run of inserts cost. */
export interface InsertRun {
  /** Entries that a single insert of the run moved, at most. */
  readonly moved: number;
  readonly ms: number;
}

type Text = string | Uint8Array;

export class TeachingModule {
  readonly #exports: Exports;
  readonly images: ImageMaker;

  private constructor(exports: Exports) {
    this.#exports = exports;
    this.images = new ImageMaker(exports.memory, { exchanged: () => {} });
  }

  /** `elapsed`: monotonic ms. Rejects if the code cannot be had or compiled. */
  static async load(code: BufferSource, elapsed: () => number): Promise<TeachingModule> {
    const module = await WebAssembly.compile(code as ArrayBuffer);
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = name === 'teaching_now' ? elapsed : () => 0;
    }
    const { exports } = await WebAssembly.instantiate(module, imports);
    const own = exports as unknown as Exports;
    own._initialize?.();
    return new TeachingModule(own);
  }

  /** @throws EngineError OOM */
  open({ layout, hash, isAllAtOnce, avoidResize }: TeachingOptions): void {
    this.#expect(
      this.#exports.teaching_open(
        kTeachingLayouts.indexOf(layout),
        kTeachingHashes.indexOf(hash),
        Number(isAllAtOnce),
        Number(avoidResize),
      ),
    );
  }

  /** @throws EngineError OOM */
  set(key: Text, value: Text): void {
    const [keyBytes, valueBytes] = this.#put(key, value);
    this.#expect(this.#exports.teaching_set(keyBytes, valueBytes));
  }

  has(key: Text): boolean {
    return this.#exports.teaching_get(this.#put(key)[0]) === 1;
  }

  erase(key: Text): boolean {
    return this.#exports.teaching_erase(this.#put(key)[0]) === 1;
  }

  /** @throws EngineError OOM */
  increment(key: Text): void {
    this.#expect(this.#exports.teaching_increment(this.#put(key)[0]));
  }

  clear(): void {
    this.#exports.teaching_clear();
  }

  /** Bytes as cpp/reference/teaching_layouts.h says. */
  view(): Uint8Array {
    this.#expect(this.#exports.teaching_view());
    return this.#result();
  }

  insertMany(first: number, count: number, run: number): InsertRun[] {
    this.#expect(this.#exports.teaching_insert_many(first, count, run));
    const bytes = this.#result();
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 8 }, (_, i) => ({
      moved: view.getUint32(8 * i, true),
      ms: view.getFloat32(8 * i + 4, true),
    }));
  }

  #put(key: Text, value: Text = ''): [keyBytes: number, valueBytes: number] {
    const most = 3 * (key.length + value.length) + 8;
    const address = this.#exports.teaching_input(most) >>> 0;
    if (address === 0) this.#expect(0);
    const bytes = new Uint8Array(this.#exports.memory.buffer);
    const keyBytes = write(bytes, address, key);
    return [keyBytes, write(bytes, address + keyBytes, value)];
  }

  #result(): Uint8Array<ArrayBuffer> {
    const from = this.#exports.teaching_result() >>> 0;
    const bytes = new Uint8Array(this.#exports.memory.buffer);
    return bytes.slice(from, from + this.#exports.teaching_result_bytes());
  }

  #expect(isDone: number): void {
    if (isDone === 0) throw new EngineError('OOM', 'the reference layout has no memory left');
  }
}

function write(bytes: Uint8Array, at: number, text: Text): number {
  if (typeof text === 'string') return encodeText(text, bytes, at);
  bytes.set(text, at);
  return text.length;
}
