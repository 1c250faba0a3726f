import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../web/visualizer/generators.ts';
import { streamNodeParts } from '../../../web/visualizer/stream-node.ts';
import {
  type Conversion,
  ordinal,
  reasonOf,
  usageOf,
} from '../../../web/visualizer/value-limits.ts';
import { countsBefore } from '../../../web/visualizer/value-tree.ts';
import { kValueExamples } from '../../../web/visualizer/value-examples.ts';
import { kValueTypes } from '../../../web/visualizer/value-types.ts';

const hash = kValueTypes['hash']!;
const conversion = (changes: Partial<Conversion>): Conversion => ({
  from: 'listpack',
  to: 'hashtable',
  size: 5,
  limits: new Map([
    ['hash-max-listpack-entries', 128],
    ['hash-max-listpack-value', 64],
  ]),
  longest: 10,
  word: null,
  ...changes,
});

test('value limits: a conversion has the reason that its limits give', () => {
  assert.match(reasonOf(hash, conversion({ size: 129 })), /^the 129th field is one more than/);
  assert.match(reasonOf(hash, conversion({ size: 400 })), /^the 129th field/);
  assert.match(reasonOf(hash, conversion({ longest: 65 })), /^a text of 65 bytes is longer/);
  assert.match(reasonOf(hash, conversion({})), /^the limit was lower/);
  assert.match(reasonOf(hash, conversion({ to: 'listpackex' })), /^a field has a time to live/);
  const set = kValueTypes['set']!;
  assert.equal(reasonOf(set, conversion({ from: 'intset', word: 'x' })), '“x” is no integer');
});

test('value limits: ordinals are those of English', () => {
  const wanted = ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th', '1,001st'];
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 112, 1001].map(ordinal), wanted);
});

test('value limits: a limit tells of the encoding that it can end, and of no other', () => {
  const [fields, bytes] = hash.thresholds;
  const parts = [
    { kind: 'element', from: 6, bytes: new Uint8Array(5), meaning: '', textBytes: 4 },
  ] as const;
  assert.deepEqual(usageOf(fields!, 'listpack', 37, parts, 128), { used: 37, most: 128 });
  assert.deepEqual(usageOf(bytes!, 'listpack', 37, parts, 64), { used: 4, most: 64 });
  assert.equal(usageOf(fields!, 'hashtable', 37, [], 128), null);
  const [node] = kValueTypes['list']!.thresholds;
  assert.deepEqual(usageOf(node!, 'listpack', 3, parts, -2), { used: 5, most: 8192 });
  assert.deepEqual(usageOf(node!, 'listpack', 3, parts, 2), { used: 3, most: 2 });
});

test('value limits: every type has an example and something to do with it', () => {
  assert.deepEqual(Object.keys(kValueExamples).sort(), Object.keys(kValueTypes).sort());
  for (const { key, lines, actions } of Object.values(kValueExamples)) {
    assert.ok(lines.every((line) => line.includes(key)));
    for (const { lines: linesOf } of actions) {
      const typed = linesOf({ key, size: 3, limits: new Map() });
      assert.ok(
        typed.length > 0 && typed.every((line) => line.includes(` ${key} `) || line.endsWith(key)),
      );
    }
  }
});

test('stream nodes: whatever the bytes are, the parts follow each other and lie within them', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = seededRandom(seed);
    const bytes = Uint8Array.from({ length: Math.floor(random() * 60) }, () => random() * 256);
    let at = 0;
    for (const part of streamNodeParts('1-0', bytes, 64)) {
      assert.equal(part.from, at, `seed ${seed}`);
      at += part.bytes.length;
    }
    assert.ok(at <= bytes.length, `seed ${seed}`);
  }
});

test('value tree: the counts before the way add up to its rank', () => {
  const child = (count: number) => ({ score: '1', member: 'm', count });
  const tree = [
    { taken: 2, children: [child(40), child(50), child(60)] },
    { taken: 3, children: [child(1), child(1), child(1), child(1)] },
  ];
  assert.deepEqual(countsBefore(tree), [90, 3]);
});
