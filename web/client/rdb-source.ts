/** What `import` takes an RDB file from. */
import { WadictError } from '../errors.ts';
import { describe } from './arguments.ts';

export type RdbSource = ReadableStream<Uint8Array> | Blob | Uint8Array | ArrayBuffer | Response;

const kPieceBytes = 64 * 1024;

/** @throws WadictError INVALID_VALUE */
export function toByteStream(source: RdbSource): ReadableStream<Uint8Array> {
  if (source instanceof ReadableStream) return source;
  if (source instanceof Blob) return source.stream();
  if (source instanceof Uint8Array) return streamOf(source);
  if (source instanceof ArrayBuffer) return streamOf(new Uint8Array(source));
  if (source instanceof Response && source.body !== null) return source.body;
  const kinds = 'a ReadableStream, Blob, Uint8Array, ArrayBuffer or Response with a body';
  const message = `import() takes ${kinds}, not ${describe(source)}`;
  throw new WadictError('INVALID_VALUE', message, { command: 'import' });
}

/** Copies piece by piece: pieces may be transferred on, the caller's bytes stay. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += kPieceBytes)));
      if (at >= bytes.length) controller.close();
    },
  });
}
