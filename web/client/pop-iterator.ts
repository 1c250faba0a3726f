/** Elements of lists as an async iterator: a worker's loop that waits without asking again. */
import { WadictError } from '../errors.ts';
import type { Key } from './arguments.ts';
import type { WaitOptions } from './command-spec.ts';
import type { ListEnd } from './list-commands.ts';

export interface PopIteratorOptions {
  /** The end from which elements are taken; else LEFT. */
  from?: ListEnd | undefined;
  /** Ends the loop; nothing is taken for it then. */
  signal?: AbortSignal | undefined;
}

type Element = [key: string, element: string];
type Wait = (keys: Key | readonly Key[], options: WaitOptions) => Promise<Element | null>;

/** One element for each turn of the loop. Throws what a pop rejects with. */
export async function* popElements(
  store: { blpop: Wait; brpop: Wait },
  keys: Key | readonly Key[],
  { from = 'LEFT', signal }: PopIteratorOptions,
): AsyncGenerator<Element, void, undefined> {
  while (signal?.aborted !== true) {
    let taken: Element | null;
    try {
      taken = await (from === 'LEFT'
        ? store.blpop(keys, { signal })
        : store.brpop(keys, { signal }));
    } catch (error) {
      if (error instanceof WadictError && error.code === 'ABORTED') return;
      throw error;
    }
    if (taken !== null) yield taken;
  }
}
