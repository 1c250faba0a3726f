// Every suite, one line each, in the order in which they run within their lane. `when: 'test'` runs
// in `npm test`, the others only by name: `npm test -- --suite NAME` (several: with commas).
//
// Suites of one lane never run at the same time. So build/oracle and build/tests-web, which several
// suites write, belong to the lane of programs, and what starts browsers belongs to theirs. The
// mutants build in folders of their own; those that want a browser never run in `npm test`.
import { browser } from './suites/browsers.mjs';
import { catch2 } from './suites/catch2.mjs';
import { script, transcripts } from './suites/scripts.mjs';
import { killTests, scriptTests, typecheck, webTests } from './suites/typescript.mjs';

/**
 * `needs: 'build'`: wants wasm engine, package and page. `lane: 'browsers'`: beside the others.
 */
export const SUITES = [
  { name: 'tidy', when: 'test', run: script('tests/tidy/tidy.mjs') },
  { name: 'rows', when: 'test', run: script('tests/rows/rows.mjs', '--quiet') },
  { name: 'scripts', when: 'test', run: scriptTests },
  { name: 'typecheck', when: 'test', needs: 'build', run: typecheck },
  { name: 'native-debug', when: 'test', run: catch2('debug') },
  { name: 'native-release', when: 'test', run: catch2('release') },
  { name: 'wasm', when: 'test', run: catch2('wasm-test') },
  { name: 'web', when: 'test', needs: 'build', run: webTests },
  {
    name: 'oracle-smoke',
    when: 'test',
    needs: 'build',
    run: script('tests/oracle/fuzz.mjs', '--commands', '20000', '--each', '2'),
  },
  {
    name: 'sim-mutants',
    when: 'asked',
    run: script('tests/run/sim.mjs', '--mutants', '--first', '--seeds', '3000'),
  },
  { name: 'transcripts', when: 'test', run: transcripts },
  { name: 'exchange', when: 'test', needs: 'build', run: script('tests/oracle/exchange.mjs') },
  {
    name: 'chromium',
    when: 'test',
    needs: 'build',
    lane: 'browsers',
    run: browser('chromium'),
  },
  {
    name: 'firefox',
    when: 'test',
    needs: 'build',
    lane: 'browsers',
    run: browser('firefox'),
  },
  {
    name: 'package-short',
    when: 'test',
    needs: 'build',
    lane: 'browsers',
    run: script('tests/package/package.mjs', '--short'),
  },
  {
    name: 'bench-browser',
    when: 'test',
    needs: 'build',
    lane: 'browsers',
    run: script('tests/bench/browser.mjs', '--smoke', '--browsers', 'chromium'),
  },
  { name: 'mutants-short', when: 'test', run: script('tests/mutants/mutants.mjs', '--short') },

  {
    name: 'tcl-short',
    when: 'test',
    needs: 'build',
    run: script('tests/tcl/tcl.mjs', '--unit', 'incr,protocol,quit'),
  },
  { name: 'tcl', when: 'asked', needs: 'build', run: script('tests/tcl/tcl.mjs') },
  { name: 'oracle', when: 'asked', needs: 'build', run: script('tests/oracle/fuzz.mjs') },
  {
    name: 'oracle-resp3',
    when: 'asked',
    needs: 'build',
    run: script('tests/oracle/fuzz.mjs', '--protocol', '3'),
  },
  { name: 'kill', when: 'asked', needs: 'build', run: killTests },
  { name: 'package', when: 'asked', needs: 'build', run: script('tests/package/package.mjs') },
  { name: 'mutants', when: 'asked', run: script('tests/mutants/mutants.mjs') },
];
