/** RDB files out of a store and into it. */

import { EngineError } from '../engine/engine-error.ts';
import type { EnginePort } from '../engine/engine-port.ts';
import { WadictError } from '../errors.ts';
import { asWadictError } from './host-errors.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';
import { ask } from './write-gate.ts';

/**
 * A snapshot of the moment at which no other one is running any more, as a stream. The walk goes on
 * as fast as the reader reads; writers are not stopped.
 */
export function exportStream(writer: () => SnapshotWriter): ReadableStream<Uint8Array> {
  let resume: () => void = () => undefined;
  let isCancelled = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const take = async (chunks: readonly Uint8Array[]): Promise<void> => {
        for (const chunk of chunks) controller.enqueue(chunk);
        while ((controller.desiredSize ?? 0) <= 0 && !isCancelled) {
          await new Promise<void>((resolve) => (resume = resolve));
        }
        if (isCancelled) throw new WadictError('ABORTED', 'the reader went away');
      };
      const walk = async (): Promise<void> => {
        await writer().idle();
        await writer().stream(take);
      };
      walk().then(
        () => {
          if (!isCancelled) controller.close();
        },
        (error: unknown) => {
          if (!isCancelled) controller.error(asWadictError(error));
        },
      );
    },
    pull: () => resume(),
    cancel() {
      isCancelled = true;
      resume();
    },
  });
}

/** Loads an RDB file into a fresh engine. @throws WadictError IMPORT_REJECTED with the place. */
export async function importStream(
  engine: EnginePort,
  file: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number }> {
  let bytes = 0;
  try {
    engine.loadBegin();
    for await (const chunk of file) {
      engine.loadChunk(chunk);
      bytes += chunk.length;
    }
    engine.loadEnd();
  } catch (cause) {
    const isAboutFile =
      cause instanceof EngineError && /^(CORRUPT|FORMAT_TOO_NEW|IMPORT_REJECTED)$/.test(cause.code);
    if (!isAboutFile) throw asWadictError(cause);
    const place = cause.offset === undefined ? '' : ` at byte ${cause.offset}`;
    throw new WadictError(
      'IMPORT_REJECTED',
      `the file was not imported${place}: ${cause.message}`,
      { cause },
    );
  }
  return { bytes };
}

/** Keys in all databases. */
export function countKeys(engine: EnginePort, nowMs: number): number {
  const info = ask(engine, nowMs, 'INFO', 'keyspace');
  return [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, [, keys]) => sum + Number(keys), 0);
}

/** Everything of a source in one piece. */
export async function allBytes(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** ReadableStream is not yet an async iterable everywhere. */
export async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
