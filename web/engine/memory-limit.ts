/** `maxMemory`: how much WebAssembly memory the engine may take, in pages of 64 KiB. */
import { EngineError } from './engine-error.ts';

export const kWasmPageBytes = 65536;
/** What the module needs to start (INITIAL_MEMORY of the build). */
export const kInitialPages = 256;
/**
 * Memory asked for at the start. What is not touched costs addresses only, and growing later stops
 * everything for milliseconds: so generously.
 */
export const kDefaultInitialMemory = { browser: 64 * 2 ** 20, node: 256 * 2 ** 20 };
/** 4 GiB: all that a 32-bit address reaches, and the maximum that the module declares. */
const kPagesMax = 65536;
const kUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
};

/** Bytes of 67108864, '64mb', '1gb' (powers of 1024). @throws EngineError OUT_OF_RANGE */
export function parseMemorySize(size: number | string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?b?)\s*$/i.exec(String(size));
  const unit = match?.[2]?.toLowerCase() ?? '';
  const scale = kUnits[unit.length === 1 && unit !== 'b' ? `${unit}b` : unit];
  const bytes = match === null || scale === undefined ? NaN : Math.floor(Number(match[1]) * scale);
  if (Number.isSafeInteger(bytes)) return bytes;
  const message = `maxMemory '${size}' is no size: write a number of bytes, '64mb' or '1gb'`;
  throw new EngineError('OUT_OF_RANGE', message);
}

/** Pages for `maxMemory`. @throws EngineError OUT_OF_RANGE */
export function memoryPages(maxMemory: number | string): number {
  const bytes = parseMemorySize(maxMemory);
  const pages = Math.min(kPagesMax, Math.floor(bytes / kWasmPageBytes));
  if (pages >= kInitialPages) return pages;
  const least = (kInitialPages * kWasmPageBytes) / 2 ** 20;
  throw new EngineError('OUT_OF_RANGE', `maxMemory ${maxMemory} is below the least, ${least} MB`);
}

export interface MemoryWishes {
  /** Of the user; undefined: `defaultMaximum`, or as much of it as the device gives. */
  readonly maximum: number | string | undefined;
  readonly initial: number | string;
  readonly defaultMaximum: number;
}

/**
 * The memory. Without a wish of the user, a device that refuses the maximum gets half of it, and so
 * on; of the initial memory likewise. @throws EngineError OUT_OF_RANGE, OOM
 */
export function createMemory(wishes: MemoryWishes): WebAssembly.Memory {
  let maximum = memoryPages(wishes.maximum ?? wishes.defaultMaximum);
  let initial = Math.max(
    kInitialPages,
    Math.floor(parseMemorySize(wishes.initial) / kWasmPageBytes),
  );
  for (;;) {
    initial = Math.min(initial, maximum);
    try {
      return new WebAssembly.Memory({ initial, maximum });
    } catch (cause) {
      if (initial > kInitialPages) {
        initial = Math.max(kInitialPages, initial >>> 1);
      } else if (wishes.maximum === undefined && maximum / 2 >= kInitialPages) {
        maximum = Math.floor(maximum / 2);
      } else {
        const mb = (maximum * kWasmPageBytes) / 2 ** 20;
        const message = `this device refuses WebAssembly memory up to ${mb} MB; lower maxMemory`;
        throw new EngineError('OOM', message, { cause });
      }
    }
  }
}
