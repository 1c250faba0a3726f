/**
 * CRC-32C (Castagnoli), the checksum of the manifest and of a snapshot's chunks. Table driven,
 * sixteen bytes a step: a step waits for the one before, its sixteen look-ups do not wait for each
 * other. `crc32c(b, crc32c(a))` equals the checksum of a followed by b.
 * Source: RFC 3720, appendix B.4; check value of "123456789" is e3069283.
 */

const kSlices = 16;
let tables: Uint32Array | undefined;

/** Built at first use, so that importing has no cost: table t is that of t zero bytes behind. */
function crcTables(): Uint32Array {
  if (tables !== undefined) return tables;
  const built = new Uint32Array(kSlices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    built[byte] = crc;
  }
  for (let at = 256; at < built.length; at++) {
    const previous = built[at - 256] as number;
    built[at] = (previous >>> 8) ^ (built[previous & 255] as number);
  }
  return (tables = built);
}

export function crc32c(bytes: Uint8Array, seed = 0): number {
  const table = crcTables();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - (bytes.length % kSlices);
  let crc = ~seed;
  let at = 0;
  for (; at < end; at += kSlices) {
    crc =
      four(table, view.getInt32(at, true) ^ crc, 3072) ^
      four(table, view.getInt32(at + 4, true), 2048) ^
      four(table, view.getInt32(at + 8, true), 1024) ^
      four(table, view.getInt32(at + 12, true), 0);
  }
  for (; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 255] as number);
  }
  return ~crc >>> 0;
}

/** What four bytes contribute that are followed by `behind` / 256 bytes of the step. */
function four(table: Uint32Array, word: number, behind: number): number {
  return (
    (table[behind + 768 + (word & 255)] as number) ^
    (table[behind + 512 + ((word >>> 8) & 255)] as number) ^
    (table[behind + 256 + ((word >>> 16) & 255)] as number) ^
    (table[behind + (word >>> 24)] as number)
  );
}
