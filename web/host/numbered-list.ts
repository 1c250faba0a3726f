/** Lists in the order of their first numbers. */

/** The item that begins at `first`. Cost: O(log n). */
export function beginningAt<T extends { readonly first: number }>(
  list: readonly T[],
  first: number,
): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as T).first < first) low = middle + 1;
    else high = middle;
  }
  const found = list[low];
  return found?.first === first ? found : undefined;
}
