/**
 * Text <-> bytes without loss: every JavaScript string, lone surrogates and NUL included, comes
 * back as it was.
 *
 * The encoding is WTF-8: UTF-8, in which a surrogate that has no partner is written as the three
 * bytes that UTF-8's pattern would give it (ED A0..BF xx). Well-formed strings, and so nearly all
 * strings, are plain UTF-8. Reading accepts both forms; two halves that became neighbours on the
 * server (APPEND) read as the pair they are. Bytes that are neither (an image, say) read as U+FFFD
 * per maximal broken part, as TextDecoder does; read them by the `…Buffer` methods instead.
 * Source: S. Sapin, The WTF-8 encoding, https://simonsapin.github.io/wtf-8/
 */

const encoder = /* @__PURE__ */ new TextEncoder();
const strictDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

type Latin1Slice = (this: Uint8Array, from: number, to: number) => string;
const latin1Slice = /* @__PURE__ */ nodeLatin1Slice();

function nodeLatin1Slice(): Latin1Slice | undefined {
  if (typeof Buffer !== 'function') return undefined;
  return (Buffer.prototype as { latin1Slice?: Latin1Slice }).latin1Slice;
}

/** True if no surrogate lacks its partner. Uses the engine's own check where there is one. */
export function isWellFormed(text: string): boolean {
  const native = (text as { isWellFormed?: () => boolean }).isWellFormed;
  return native === undefined ? !/\p{Surrogate}/u.test(text) : native.call(text);
}

/** Bytes that `encodeText` will write for `text`. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isPairAt(text, i)) {
      bytes += 2; // two units, four bytes
      i++;
    } else bytes += 2;
  }
  return bytes;
}

/** Writes `text` at `offset`. Returns the bytes written. REQUIRES: room for byteLength(text). */
export function encodeText(text: string, target: Uint8Array, offset: number): number {
  // A view is garbage to be collected, so the usual place needs none.
  const to = offset === 0 ? target : target.subarray(offset);
  const { read, written } = encoder.encodeInto(text, to);
  if (read === text.length && (written === read || isWellFormed(text))) return written;
  return encodeSurrogates(text, target, offset);
}

/** Tries to write `text` as ASCII: false, with garbage in the target, if it is anything else. */
export function encodeAscii(text: string, target: Uint8Array, offset: number): boolean {
  const { read, written } = encoder.encodeInto(text, target.subarray(offset));
  return read === text.length && written === text.length;
}

export function textToBytes(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length === text.length || isWellFormed(text)) return bytes;
  encodeSurrogates(text, bytes, 0); // a replaced surrogate took three bytes too: the room fits
  return bytes;
}

/** Text of bytes [from, to). */
export function decodeText(bytes: Uint8Array, from: number, to: number): string {
  const part = bytes.subarray(from, to);
  try {
    return strictDecoder.decode(part);
  } catch {
    return decodeSurrogates(part);
  }
}

/** Text of bytes [from, to) if they are all ASCII. */
export function decodeAsciiWindow(bytes: Uint8Array, from: number, to: number): string | undefined {
  try {
    const text = strictDecoder.decode(bytes.subarray(from, to));
    return text.length === to - from ? text : undefined; // valid and one unit per byte: ASCII
  } catch {
    return undefined;
  }
}

/** Text of bytes [from, to). REQUIRES: all are ASCII. */
export function decodeAscii(bytes: Uint8Array, from: number, to: number): string {
  // Node makes strings of memory without a view of it: a third faster up to some hundred bytes.
  return latin1Slice === undefined
    ? lenientDecoder.decode(bytes.subarray(from, to))
    : latin1Slice.call(bytes, from, to);
}

function isPairAt(text: string, i: number): boolean {
  const high = text.charCodeAt(i);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(i + 1); // NaN at the end
  return low >= 0xdc00 && low <= 0xdfff;
}

/** The slow, exact encoder, for strings with lone surrogates. */
function encodeSurrogates(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (isPairAt(text, i)) code = text.codePointAt(i++)!;
    if (code < 0x80) target[at++] = code;
    else if (code < 0x800) {
      target[at++] = 0xc0 | (code >> 6);
      target[at++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      target[at++] = 0xe0 | (code >> 12);
      target[at++] = 0x80 | ((code >> 6) & 0x3f);
      target[at++] = 0x80 | (code & 0x3f);
    } else {
      target[at++] = 0xf0 | (code >> 18);
      target[at++] = 0x80 | ((code >> 12) & 0x3f);
      target[at++] = 0x80 | ((code >> 6) & 0x3f);
      target[at++] = 0x80 | (code & 0x3f);
    }
  }
  return at - offset;
}

/**
 * Bytes that are not UTF-8: surrogates written as ED A0..BF xx are kept, the rest is U+FFFD. ED is
 * a lead byte and so never part of another character: cutting there cannot split a good one.
 */
function decodeSurrogates(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed) continue;
    const second = bytes[i + 1]!;
    const third = bytes[i + 2]!;
    if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    text += lenientDecoder.decode(bytes.subarray(from, i));
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    from = i + 3;
    i += 2;
  }
  return text + lenientDecoder.decode(bytes.subarray(from));
}
