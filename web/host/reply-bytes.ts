/** Where replies end in RESP bytes: needed when some of a batch hold and others do not. */

const kLf = 10;
/** Types whose line is followed by that many bytes and CR LF: $ ! = */
const kWithBytes = new Set([36, 33, 61]);
/** Types whose line tells how many values follow: * ~ > %, and | before a reply. */
const kWithValues = new Map([
  [42, 1],
  [126, 1],
  [62, 1],
  [37, 2],
  [124, 2],
]);
const kAttribute = 124;
const kPush = 62;

/** Position behind the first `count` replies of `bytes`; pushes between them answer nothing. */
export function endOfReplies(bytes: Uint8Array, count: number): number {
  return walk(bytes, count).end;
}

/** How many replies are in `bytes`. */
export function countReplies(bytes: Uint8Array): number {
  return walk(bytes, Infinity).count;
}

function walk(bytes: Uint8Array, most: number): { end: number; count: number } {
  let at = 0;
  let count = 0;
  while (count < most && at < bytes.length) {
    const isPush = bytes[at] === kPush;
    at = endOfReply(bytes, at);
    if (!isPush) count++;
  }
  return { end: at, count };
}

function endOfReply(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let left = 1; left > 0 && at < bytes.length; left--) {
    const type = bytes[at] as number;
    const lineEnd = bytes.indexOf(kLf, at);
    if (lineEnd < 0) return bytes.length;
    const size = sizeIn(bytes, at + 1, lineEnd);
    at = lineEnd + 1;
    const values = kWithValues.get(type);
    if (kWithBytes.has(type)) at += size < 0 ? 0 : size + 2;
    else if (values !== undefined) left += Math.max(0, size) * values;
    if (type === kAttribute) left++; // the reply itself is still to come
  }
  return Math.min(at, bytes.length);
}

/** The number between the type and the CR; -1 for a null. */
function sizeIn(bytes: Uint8Array, from: number, lineEnd: number): number {
  if (bytes[from] === 45) return -1;
  let size = 0;
  for (let at = from; at < lineEnd - 1; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return 0; // no number: a line alone
    size = size * 10 + digit;
  }
  return size;
}
