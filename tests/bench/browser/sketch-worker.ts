/** The sketch's Worker: a Map. */
import { pack, type SketchReply, type SketchRequest, unpack } from './sketch-message.ts';

const map = new Map<string, string>();
const post = (reply: SketchReply, transfer: ArrayBuffer[] = []): void =>
  (globalThis as unknown as Worker).postMessage(reply, transfer);

globalThis.onmessage = ({ data }: MessageEvent<SketchRequest>) => {
  if (data.kind === 'store') {
    for (const [key, value] of data.entries) map.set(key, value);
    return post({ kind: 'stored' });
  }
  if (data.kind === 'single') {
    return post({ kind: 'single', id: data.id, value: map.get(data.key) ?? null });
  }
  const { lengths } = data.packed;
  const text = unpack(data.packed);
  const values: (string | null)[] = [];
  for (let index = 0, at = 0; index < lengths.length; index++) {
    const length = lengths[index]!;
    values.push(map.get(text.slice(at, at + length)) ?? null);
    at += length;
  }
  const packed = pack(values);
  post({ kind: 'packed', packed }, [
    packed.lengths.buffer as ArrayBuffer,
    packed.bytes.buffer as ArrayBuffer,
  ]);
};
