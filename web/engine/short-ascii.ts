/** Beyond it TextDecoder is faster. */
export const kShortAscii = 48;

/**
 * Text of a short range of bytes if it is ASCII, else undefined. Few calls of fixed arity are the
 * fastest way to make a short string: 16 + 16 characters cost half of what TextDecoder does, which
 * wins beyond kShortAscii.
 */
export function decodeShortAscii(b: Uint8Array, from: number, to: number): string | undefined {
  let text = '';
  let at = from;
  let or = 0;
  for (; to - at >= 16; at += 16) {
    const c0 = b[at]!,
      c1 = b[at + 1]!,
      c2 = b[at + 2]!,
      c3 = b[at + 3]!;
    const c4 = b[at + 4]!,
      c5 = b[at + 5]!,
      c6 = b[at + 6]!,
      c7 = b[at + 7]!;
    const c8 = b[at + 8]!,
      c9 = b[at + 9]!,
      cA = b[at + 10]!,
      cB = b[at + 11]!;
    const cC = b[at + 12]!,
      cD = b[at + 13]!,
      cE = b[at + 14]!,
      cF = b[at + 15]!;
    or |= c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 | cA | cB | cC | cD | cE | cF;
    text += String.fromCharCode(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, cA, cB, cC, cD, cE, cF);
  }
  if (to - at >= 8) {
    const c0 = b[at]!,
      c1 = b[at + 1]!,
      c2 = b[at + 2]!,
      c3 = b[at + 3]!;
    const c4 = b[at + 4]!,
      c5 = b[at + 5]!,
      c6 = b[at + 6]!,
      c7 = b[at + 7]!;
    or |= c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7;
    text += String.fromCharCode(c0, c1, c2, c3, c4, c5, c6, c7);
    at += 8;
  }
  if (to - at >= 4) {
    const c0 = b[at]!,
      c1 = b[at + 1]!,
      c2 = b[at + 2]!,
      c3 = b[at + 3]!;
    or |= c0 | c1 | c2 | c3;
    text += String.fromCharCode(c0, c1, c2, c3);
    at += 4;
  }
  for (; at < to; at++) {
    or |= b[at]!;
    text += String.fromCharCode(b[at]!);
  }
  return or < 0x80 ? text : undefined;
}
