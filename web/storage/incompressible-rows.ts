const kRowBytes = 60 * 1024;

/** Rows of noise, `bytes` in all: browsers count what is left after their compression. */
export function incompressibleRows(bytes: number): Uint8Array[] {
  const rows: Uint8Array[] = [];
  let state = 0x9e3779b9; // xorshift32
  for (let left = bytes; left > 0; left -= kRowBytes) {
    const row = new Uint8Array(Math.min(left, kRowBytes));
    for (let index = 0; index < row.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      row[index] = state;
    }
    rows.push(row);
  }
  return rows;
}
