/**
 * CRC-32C (Castagnoli), the checksum of the manifest and of a snapshot's chunks. Table driven, four
 * bytes a step. `crc32c(b, crc32c(a))` equals the checksum of a followed by b.
 * Source: RFC 3720, appendix B.4; check value of "123456789" is e3069283.
 */

let tables: Uint32Array | undefined;

/** Built at first use, so that importing has no cost: 4 tables of 256. */
function crcTables(): Uint32Array {
  if (tables !== undefined) return tables;
  const built = new Uint32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    built[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let table = 1; table < 4; table++) {
      const previous = built[(table - 1) * 256 + byte] as number;
      built[table * 256 + byte] = (previous >>> 8) ^ (built[previous & 255] as number);
    }
  }
  return (tables = built);
}

export function crc32c(bytes: Uint8Array, seed = 0): number {
  const table = crcTables();
  const end = bytes.length - (bytes.length & 3);
  let crc = ~seed;
  let at = 0;
  for (; at < end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (table[768 + (crc & 255)] as number) ^
      (table[512 + ((crc >>> 8) & 255)] as number) ^
      (table[256 + ((crc >>> 16) & 255)] as number) ^
      (table[crc >>> 24] as number);
  }
  for (; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 255] as number);
  }
  return ~crc >>> 0;
}
