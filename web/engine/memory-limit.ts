/** `maxMemory`: how much WebAssembly memory the engine may take, in pages of 64 KiB. */
import { EngineError } from './engine-error.ts';

export const kWasmPageBytes = 65536;
/** What the module needs to start (INITIAL_MEMORY of the build). */
export const kInitialPages = 256;
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

/**
 * The memory. Without a wish of the user, a device that refuses `defaultMax` gets half of it, and
 * so on. @throws EngineError OUT_OF_RANGE, OOM
 */
export function createMemory(
  maxMemory: number | string | undefined,
  defaultMax: number,
): WebAssembly.Memory {
  let maximum = memoryPages(maxMemory ?? defaultMax);
  for (;;) {
    try {
      return new WebAssembly.Memory({ initial: kInitialPages, maximum });
    } catch (cause) {
      if (maxMemory === undefined && maximum / 2 >= kInitialPages) {
        maximum = Math.floor(maximum / 2);
        continue;
      }
      const mb = (maximum * kWasmPageBytes) / 2 ** 20;
      const message = `this device refuses WebAssembly memory up to ${mb} MB; lower maxMemory`;
      throw new EngineError('OOM', message, { cause });
    }
  }
}
