import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  packWordnet,
  readWordnet,
  WordnetFormatError,
  WordnetReader,
  type WordnetEntry,
  type WordnetSense,
} from '../../../web/visualizer/wordnet-format.ts';

const senses = (...glosses: string[]): WordnetSense[] =>
  glosses.map((gloss) => ({ partOfSpeech: 'n', gloss }));

const SMALL = new Map<string, WordnetSense[]>([
  ['tree', senses('a tall plant', 'a figure')],
  ['treen', [{ partOfSpeech: 'a', gloss: 'made of wood' }]],
  ['figure', senses('a figure')],
  ['café_noir', senses('black coffee')],
]);

const EXPECTED: WordnetEntry[] = [
  { lemma: 'café_noir', glosses: 'n: black coffee' },
  { lemma: 'figure', glosses: 'n: a figure' },
  { lemma: 'tree', glosses: 'n: a tall plant\nn: a figure' },
  { lemma: 'treen', glosses: 'a: made of wood' },
];

function streamOf(bytes: Uint8Array, chunkSize: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += chunkSize)));
    },
  });
}

async function collect(bytes: Uint8Array, chunkSize: number): Promise<WordnetEntry[]> {
  const entries: WordnetEntry[] = [];
  for await (const batch of readWordnet(streamOf(bytes, chunkSize))) entries.push(...batch.entries);
  return entries;
}

test('entries come back in byte order whatever the size of the chunks', async () => {
  const packed = packWordnet(SMALL);
  for (let size = 1; size <= packed.length; size++) {
    assert.deepEqual(await collect(packed, size), EXPECTED, `chunks of ${size}`);
  }
});

test('a gzipped file and a plain one read the same', async () => {
  const zipped = gzipSync(packWordnet(SMALL));
  for (const size of [1, 7, zipped.length]) assert.deepEqual(await collect(zipped, size), EXPECTED);
});

test('a gloss that two lemmas share is written once', () => {
  const text = new TextDecoder('latin1').decode(packWordnet(SMALL));
  assert.equal(text.split('a figure').length, 2);
});

test('every cut of the file is an error, never a shorter dictionary', async () => {
  const packed = packWordnet(SMALL);
  for (let length = 0; length < packed.length; length++) {
    await assert.rejects(collect(packed.subarray(0, length), 5), WordnetFormatError, `${length}`);
  }
});

test('a page served in place of the file is told apart', () => {
  const html = new TextEncoder().encode('<!doctype html><title>404</title>');
  assert.throws(() => new WordnetReader().push(html), WordnetFormatError);
});

test('bytes after the end are an error', () => {
  const packed = packWordnet(SMALL);
  assert.throws(() => new WordnetReader().push(Uint8Array.of(...packed, 0)), WordnetFormatError);
});

test('any dictionary survives packing and reading', async () => {
  const sense = fc.record({
    partOfSpeech: fc.constantFrom('n', 'v', 'a', 'r'),
    gloss: fc.string({ unit: 'grapheme', maxLength: 20 }),
  });
  const dictionary = fc.dictionary(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
    fc.array(sense, { maxLength: 4 }),
    { maxKeys: 20 },
  );
  await fc.assert(
    fc.asyncProperty(dictionary, fc.integer({ min: 1, max: 64 }), async (words, chunkSize) => {
      const entries = await collect(packWordnet(new Map(Object.entries(words))), chunkSize);
      const read = new Map(entries.map(({ lemma, glosses }) => [lemma, glosses]));
      assert.equal(read.size, Object.keys(words).length);
      for (const [lemma, list] of Object.entries(words)) {
        const lines = list.map(({ partOfSpeech, gloss }) => `${partOfSpeech}: ${gloss}`);
        assert.equal(read.get(lemma), lines.join('\n'));
      }
    }),
  );
});
