/** What is no session, on whoever leads at the time: flush, export, import. */

import type { Backend, FlushReport, ImportReport } from '../transport.ts';

export interface Placement {
  /** The present leader's, as soon as there is one. Rejects when the member has ended. */
  store(): Promise<Backend>;
  /** Changes with the leader; null when the member has ended. */
  readonly leadership: object | null;
}

export class StoreCalls {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** Flushing twice does no harm: when the leader goes, the next one is asked. */
  async flush(): Promise<FlushReport> {
    for (;;) {
      const store = await this.#placement.store();
      const { leadership } = this.#placement;
      try {
        return await store.flush();
      } catch (error) {
        if (this.#placement.leadership === leadership || this.#placement.leadership === null)
          throw error;
      }
    }
  }

  exportRdb(): ReadableStream<Uint8Array> {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          reader ??= (await this.#placement.store()).exportRdb().getReader();
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => reader?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  async importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    return (await this.#placement.store()).importRdb(file);
  }
}
