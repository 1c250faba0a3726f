import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCatch2, readLastLine, readPlaywright, readTap } from './report.mjs';

const counts = ({ passed, failed, skipped }) => [passed, failed, skipped];
const output = (stdout, status = 0) => ({ status, stdout, stderr: '' });

const CASE = (name, success) =>
  `<TestCase name="${name}" tags="[x]"><OverallResult success="${success}"/></TestCase>`;

test('Catch2: the final count of test cases is what counts', () => {
  const two = '<OverallResults successes="9" failures="0"/>';
  const xml = `${CASE('a', true)}${two}<OverallResultsCases successes="2" failures="0" skips="1"/>`;
  assert.deepEqual(counts(readCatch2('p', output(xml))), [2, 0, 1]);
});

test('Catch2: what the tests printed is kept in the log', () => {
  const end = '<OverallResultsCases successes="1" failures="0"/>';
  const text = `<Catch2>\n${CASE('a', true)}\nstorm: 7 writes\n${end}\n</Catch2>\n`;
  assert.equal(readCatch2('p', output(text)).log, 'storm: 7 writes\n');
});

test('Catch2: a program that died counts what it finished, and its death as a failure', () => {
  const xml = `${CASE('a', true)}${CASE('b', false)}<TestCase name="c" tags="[x]">`;
  const result = readCatch2('p', { ...output(xml, 'SIGSEGV'), stderr: 'AddressSanitizer' });
  assert.deepEqual(counts(result), [1, 2, 0]);
  assert.match(result.log, /died .* in: c/);
  assert.match(result.log, /AddressSanitizer/);
});

test('Catch2: all passed but a status that is not 0 (a leak) is a failure', () => {
  const xml = `${CASE('a', true)}<OverallResultsCases successes="1" failures="0"/>`;
  assert.deepEqual(counts(readCatch2('p', output(xml, 1))), [1, 1, 0]);
});

test('Catch2: a program without any test case is a failure', () => {
  const xml = '<OverallResultsCases successes="0" failures="0"/>';
  assert.deepEqual(counts(readCatch2('p', output(xml))), [0, 1, 0]);
});

test('TAP: cancelled tests failed, todo ones were skipped', () => {
  const tap = '# pass 5\n# fail 1\n# cancelled 2\n# skipped 1\n# todo 1\n';
  assert.deepEqual(counts(readTap(output(tap, 1))), [5, 3, 2]);
  assert.deepEqual(counts(readTap(output('nothing', 0))), [0, 1, 0]);
});

test('Playwright: a second try that passed counts, a failure and a missing report do not', () => {
  const stats = { expected: 3, unexpected: 0, flaky: 1, skipped: 0 };
  assert.deepEqual(counts(readPlaywright({ stats }, output('', 0))), [4, 0, 0]);
  const failed = { expected: 3, unexpected: 2, flaky: 0, skipped: 0 };
  assert.deepEqual(counts(readPlaywright({ stats: failed }, output('', 1))), [3, 2, 0]);
  assert.deepEqual(counts(readPlaywright(undefined, output('', 0))), [0, 1, 0]);
});

test('a script: its last line of the form counts, and its status must agree', () => {
  const text = '1 passed, 0 failed, 0 skipped\nmore\n4 passed, 0 failed, 0 skipped\n';
  assert.deepEqual(counts(readLastLine(output(text))), [4, 0, 0]);
  assert.deepEqual(counts(readLastLine(output(text, 1))), [4, 1, 0]);
  assert.deepEqual(counts(readLastLine(output('no line'))), [0, 1, 0]);
});
