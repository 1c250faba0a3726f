/** Beyond it other ways to make a string are as fast. */
export const kShortAscii = 32;

const text = String.fromCharCode;

/**
 * Text of `length` bytes of ASCII from `at` on. One call with exactly as many arguments as there
 * are characters is the fastest way to make a short string, and leaves nothing behind but the
 * string: of pieces, a third one would have to be joined. REQUIRES: length <= kShortAscii.
 */
export function decodeShortAscii(bytes: Uint8Array, at: number, length: number): string {
  return length <= 16 ? upTo16(bytes, at, length) : upTo32(bytes, at, length);
}

// Bytes behind the text are read and not used. A line a length, as a table.
// prettier-ignore
function upTo16(bytes: Uint8Array, at: number, length: number): string {
  const a = bytes[at]!, b = bytes[at + 1]!, c = bytes[at + 2]!, d = bytes[at + 3]!;
  const e = bytes[at + 4]!, f = bytes[at + 5]!, g = bytes[at + 6]!, h = bytes[at + 7]!;
  const i = bytes[at + 8]!, j = bytes[at + 9]!, k = bytes[at + 10]!, l = bytes[at + 11]!;
  const m = bytes[at + 12]!, n = bytes[at + 13]!, o = bytes[at + 14]!, p = bytes[at + 15]!;
  switch (length) {
    case 0: return '';
    case 1: return text(a);
    case 2: return text(a, b);
    case 3: return text(a, b, c);
    case 4: return text(a, b, c, d);
    case 5: return text(a, b, c, d, e);
    case 6: return text(a, b, c, d, e, f);
    case 7: return text(a, b, c, d, e, f, g);
    case 8: return text(a, b, c, d, e, f, g, h);
    case 9: return text(a, b, c, d, e, f, g, h, i);
    case 10: return text(a, b, c, d, e, f, g, h, i, j);
    case 11: return text(a, b, c, d, e, f, g, h, i, j, k);
    case 12: return text(a, b, c, d, e, f, g, h, i, j, k, l);
    case 13: return text(a, b, c, d, e, f, g, h, i, j, k, l, m);
    case 14: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
    case 15: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
    default: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  }
}

// prettier-ignore
function upTo32(bytes: Uint8Array, at: number, length: number): string {
  const a = bytes[at]!, b = bytes[at + 1]!, c = bytes[at + 2]!, d = bytes[at + 3]!;
  const e = bytes[at + 4]!, f = bytes[at + 5]!, g = bytes[at + 6]!, h = bytes[at + 7]!;
  const i = bytes[at + 8]!, j = bytes[at + 9]!, k = bytes[at + 10]!, l = bytes[at + 11]!;
  const m = bytes[at + 12]!, n = bytes[at + 13]!, o = bytes[at + 14]!, p = bytes[at + 15]!;
  const q = bytes[at + 16]!, r = bytes[at + 17]!, s = bytes[at + 18]!, t = bytes[at + 19]!;
  const u = bytes[at + 20]!, v = bytes[at + 21]!, w = bytes[at + 22]!, x = bytes[at + 23]!;
  const y = bytes[at + 24]!, z = bytes[at + 25]!, A = bytes[at + 26]!, B = bytes[at + 27]!;
  const C = bytes[at + 28]!, D = bytes[at + 29]!, E = bytes[at + 30]!, F = bytes[at + 31]!;
  switch (length) {
    case 17: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
    case 18: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
    case 19: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s);
    case 20: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);
    case 21: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
    case 22: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v);
    case 23: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w);
    case 24: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x);
    case 25: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y);
    case 26: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z);
    case 27: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A);
    case 28: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A, B);
    case 29: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A, B, C);
    case 30: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A, B, C, D);
    case 31: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A, B, C, D, E);
    default: return text(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p,
      q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F);
  }
}
