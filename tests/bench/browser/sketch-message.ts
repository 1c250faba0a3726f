/** The messages of the sketch: texts (ASCII) as their lengths and one run of bytes. */

export interface Packed {
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

export type SketchRequest =
  | { readonly kind: 'store'; readonly entries: [string, string][] }
  | { readonly kind: 'packed'; readonly packed: Packed }
  | { readonly kind: 'single'; readonly id: number; readonly key: string };

export type SketchReply =
  | { readonly kind: 'stored' }
  | { readonly kind: 'packed'; readonly packed: Packed }
  | { readonly kind: 'single'; readonly id: number; readonly value: string | null };

export const kAbsent = 0xffffffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function pack(texts: readonly (string | null)[]): Packed {
  const lengths = new Uint32Array(texts.length);
  let all = '';
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index];
    lengths[index] = text?.length ?? kAbsent;
    if (text) all += text;
  }
  const bytes = new Uint8Array(all.length);
  encoder.encodeInto(all, bytes);
  return { lengths, bytes };
}

export const unpack = ({ bytes }: Packed): string => decoder.decode(bytes);
