// What a suite hands back, and how results of the test programs are read.

/** @typedef {{ passed: number, failed: number, skipped: number, log: string }} Result */

export const emptyResult = () => ({ passed: 0, failed: 0, skipped: 0, log: '' });

export function add(sum, part) {
  return {
    passed: sum.passed + part.passed,
    failed: sum.failed + part.failed,
    skipped: sum.skipped + part.skipped,
    log: sum.log + part.log,
  };
}

/** Something that should have run did not: one failure that says why. */
export const broken = (why) => ({ passed: 0, failed: 1, skipped: 0, log: `${why}\n` });

export const totals = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

const attribute = (tag, name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);

/** What the tests themselves printed between the elements of the report: seeds, counters. */
const printed = (stdout) => [...stdout.matchAll(/^[^\s<].*\n/gm)].map(([line]) => line).join('');

/**
 * Catch2's XML report (versions 2 and 3). A program that died has no final count: what it finished
 * counts as passed or failed, the death as one failure.
 */
export function readCatch2(program, { status, stdout, stderr }) {
  const cases = stdout.split('<TestCase ').slice(1);
  const failing = cases.filter((text) => /<OverallResult success="false"/.test(text));
  const total = /<OverallResultsCases [^>]*>/.exec(stdout)?.[0];
  const detail = failing.map((text) => `<TestCase ${text.split('</TestCase>')[0]}\n`).join('');
  if (total === undefined) {
    const passed = cases.filter((text) => /<OverallResult success="true"/.test(text)).length;
    const last = /name="([^"]*)"/.exec(cases.at(-1) ?? '')?.[1] ?? 'before the first test';
    return {
      passed,
      failed: failing.length + 1,
      skipped: 0,
      log: `${program} died (status ${status}) in: ${last}\n${detail}${stderr}\n`,
    };
  }
  const passed = attribute(total, 'successes');
  const failed = attribute(total, 'failures');
  const skipped = attribute(total, 'skips');
  const odd = failed === 0 && (status !== 0 || passed + skipped === 0);
  return {
    passed,
    failed: failed + (odd ? 1 : 0),
    skipped,
    log:
      failed > 0 || odd
        ? `${program} (status ${status})\n${detail}${stderr}\n`
        : `${printed(stdout)}${stderr}`,
  };
}

/** The summary of node:test's TAP report. */
export function readTap({ status, stdout, stderr }) {
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1] ?? -1);
  const passed = count('pass');
  const failed = count('fail') + count('cancelled');
  if (passed < 0) return broken(`no TAP summary (status ${status})\n${stdout}${stderr}`);
  const odd = failed === 0 && (status !== 0 || passed === 0);
  return {
    passed,
    failed: failed + (odd ? 1 : 0),
    skipped: count('skipped') + count('todo'),
    log: `${stdout}${stderr}`,
  };
}

/** The list that Playwright ends with, of tests that failed once and then passed. */
const flakyNames = (stdout) => /^ +\d+ flaky\n((?: {4}.*\n)+)/m.exec(stdout)?.[1] ?? '';

/** Playwright's JSON report. A test that passed only at a second try (CI has one) is named. */
export function readPlaywright(report, { status, stdout, stderr }) {
  const stats = report?.stats;
  if (stats === undefined) return broken(`no report (status ${status})\n${stdout}${stderr}`);
  const failed = stats.unexpected + (report.errors?.length ?? 0);
  const odd = failed === 0 && (status !== 0 || stats.expected === 0);
  if (stats.flaky > 0)
    console.log(`     ${stats.flaky} passed at the second try only:\n${flakyNames(stdout)}`);
  return {
    passed: stats.expected + stats.flaky,
    failed: failed + (odd ? 1 : 0),
    skipped: stats.skipped,
    log: `${stdout}${stderr}`,
  };
}

/** A script whose last line of that form is its result: "N passed, N failed, N skipped". */
export function readLastLine({ status, stdout, stderr }) {
  const line = [...stdout.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  if (line === undefined) return broken(`no result line (status ${status})\n${stdout}${stderr}`);
  const [passed, failed, skipped] = line.slice(1).map(Number);
  const odd = failed === 0 && (status !== 0 || passed === 0);
  return { passed, failed: failed + (odd ? 1 : 0), skipped, log: `${stdout}${stderr}` };
}
