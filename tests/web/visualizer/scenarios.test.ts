import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startEngine } from '../../../web/engine/load-node.ts';
import { kChapters } from '../../../web/visualizer/chapters.ts';
import { playScenario } from '../../../web/visualizer/lab/scenario.ts';

const kFolder = new URL('../../../web/visualizer/scenarios/', import.meta.url);
const kReadme = new URL('../../../README.md', import.meta.url);
const kStartMs = 1_700_000_000_000;

const play = async (text: string) =>
  playScenario(text, (await startEngine({ host: true })).port, kStartMs);

test('every scenario comes true, belongs to a chapter, and stands in the README as it is @V09 @V26', async () => {
  const readme = await readFile(kReadme, 'utf8');
  const files = await readdir(kFolder);
  assert.ok(files.length >= 5);
  for (const file of files) {
    const text = await readFile(new URL(file, kFolder), 'utf8');
    const result = await play(text);
    assert.ok(result.isRight, `${file}: ${JSON.stringify(result.lines, null, 1)}`);
    assert.ok(result.lines.length >= 3);
    assert.ok(
      kChapters.some(({ scenario }) => `${scenario}.txt` === file),
      `${file} is in no chapter`,
    );
    assert.ok(readme.includes(text.trim()), `${file} does not stand in README.md`);
  }
  for (const { scenario } of kChapters) {
    if (scenario !== undefined) assert.ok(files.includes(`${scenario}.txt`), scenario);
  }
});

test('a wrong reply is seen, whether a single one or one of a crowd', async () => {
  const wrong = await play('# t\n> SET a 1\nOK\n> GET a\n"2"');
  assert.equal(wrong.isRight, false);
  assert.deepEqual(wrong.lines[1], { text: '> GET a', expected: '"2"', actual: '"1"' });
  const crowd = await play('# t\n> SET a x\nOK\n@clients 3 times 2\n> INCR a');
  assert.equal(crowd.isRight, false);
  assert.match(crowd.lines.at(-1)!.actual, /not an integer/);
  const late = await play('# t\n2> BLPOP q 0\n> RPUSH q a\n(integer) 1\n2<\n1) "q"\n2) "b"');
  assert.equal(late.isRight, false);
  assert.deepEqual(late.lines[0], { text: '2> BLPOP q 0', expected: '', actual: '' });
  assert.equal(late.lines[2]!.actual, '1) "q"\n2) "a"');
  await assert.rejects(play('# t\n? what'), SyntaxError);
});

test('the checks of the tasks fail on an empty store, and each is a command', async () => {
  const { port } = await startEngine({ host: false });
  for (const { task } of kChapters) {
    const result = playScenario(`# t\n> ${task.check}\n`, port, kStartMs);
    const [line] = result.lines;
    assert.ok(!line!.actual.startsWith('(error)'), `${task.check}: ${line!.actual}`);
    assert.ok(!new RegExp(task.expect).test(line!.actual), task.check);
  }
});
