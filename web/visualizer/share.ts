/**
 * Sharing: a link that does the session's operations again (they travel in the address, compressed;
 * nothing is uploaded), and the picture as a PNG file.
 */
import { decodeText } from '../resp/text.ts';
import { byId, formatNumber, setText } from './dom.ts';
import { type CommandSource, listSource } from './generators.ts';
import type { History } from './history.ts';
import { splitRequests } from './lab/operation-log.ts';

/** Longer addresses are cut by some messengers. */
const kHashMost = 16_000;
const kPrefix = '#ops=';

async function through(bytes: Uint8Array, stream: GenericTransformStream): Promise<Uint8Array> {
  const body = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const piped = body.pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array>);
  return new Uint8Array(
    await new Response(piped as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** The part of an address that carries `requests`. */
export async function hashOf(requests: Uint8Array): Promise<string> {
  const packed = await through(requests, new CompressionStream('deflate-raw'));
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  const base64 = btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${kPrefix}${base64}`;
}

/** The requests in an address; null: there are none, or they are damaged. */
export async function requestsOf(hash: string): Promise<Uint8Array | null> {
  if (!hash.startsWith(kPrefix)) return null;
  try {
    const base64 = hash.slice(kPrefix.length).replaceAll('-', '+').replaceAll('_', '/');
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return await through(packed, new DecompressionStream('deflate-raw'));
  } catch {
    return null;
  }
}

export class SharePanel {
  readonly #history: History;
  readonly #status = byId('share-status', HTMLElement);
  readonly #link = byId('share-link', HTMLInputElement);

  constructor(history: History) {
    this.#history = history;
    byId('share', HTMLButtonElement).addEventListener('click', () => void this.#share());
    byId('save-picture', HTMLButtonElement).addEventListener('click', () => this.#savePicture());
  }

  async #share(): Promise<void> {
    const requests = await this.#history.operations();
    if (requests === null) return setText(this.#status, 'There is no history to share.');
    const url = new URL(location.href);
    url.searchParams.delete('db');
    url.hash = await hashOf(requests);
    if (url.hash.length > kHashMost) {
      const much = formatNumber(this.#history.count);
      return setText(this.#status, `${much} operations are too many for a link; share a dump.rdb.`);
    }
    this.#link.hidden = false;
    this.#link.value = url.href;
    this.#link.select();
    try {
      await navigator.clipboard.writeText(url.href);
      setText(this.#status, 'The link is on the clipboard: it does these operations again.');
    } catch {
      setText(this.#status, 'Copy the link above: it does these operations again.');
    }
    return undefined;
  }

  #savePicture(): void {
    const ground = byId('ground', HTMLCanvasElement);
    const whole = document.createElement('canvas');
    [whole.width, whole.height] = [ground.width, ground.height];
    const pen = whole.getContext('2d');
    if (pen === null) return;
    pen.fillStyle = getComputedStyle(byId('stage', HTMLElement)).backgroundColor;
    pen.fillRect(0, 0, whole.width, whole.height);
    for (const layer of [ground, byId('air', HTMLCanvasElement)]) pen.drawImage(layer, 0, 0);
    whole.toBlob((blob) => {
      if (blob === null) return setText(this.#status, 'The picture could not be made.');
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = 'wadict.png';
      link.click();
      return setText(this.#status, `wadict.png: ${whole.width} by ${whole.height} pixels`);
    });
  }
}

/** The commands of a shared session. */
export function sharedSource(requests: Uint8Array): CommandSource {
  const commands = splitRequests(requests)
    .map((words) => words.map((word) => decodeText(word, 0, word.length)))
    .filter((words): words is [string, ...string[]] => words.length > 0);
  return listSource('shared', commands);
}
