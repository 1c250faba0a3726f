/** What `wadict/inline` carries: the Worker's script and the engine, compressed, as text. */
import { WadictError } from './errors.ts';

/**
 * Put in by the build (web/build/inline-step.mjs): base64 of the gzip of a u32 (little-endian, the
 * script's bytes), the script, the engine.
 */
declare const INLINE_CODE: string;

export interface InlineCode {
  readonly worker: string;
  readonly wasm: Uint8Array;
}

/** @throws WadictError UNSUPPORTED without DecompressionStream (Firefox before 113) */
export async function unpackInline(): Promise<InlineCode> {
  if (typeof DecompressionStream !== 'function') {
    throw new WadictError('UNSUPPORTED', 'wadict/inline needs DecompressionStream');
  }
  const packed = Uint8Array.from(atob(INLINE_CODE), (unit) => unit.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const end = 4 + new DataView(bytes.buffer).getUint32(0, true);
  return { worker: new TextDecoder().decode(bytes.subarray(4, end)), wasm: bytes.slice(end) };
}
