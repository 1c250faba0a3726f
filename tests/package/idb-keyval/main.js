import * as theirs from 'idb-keyval';
import * as ours from 'wadict/idb-keyval';
import { isAllOrNothing, runCases } from './cases.js';

const seed = Number(new URLSearchParams(location.search).get('seed'));
globalThis.results = Promise.all([runCases(theirs, { seed }), runCases(ours, { seed })]).then(
  async ([expected, actual]) => ({
    isAllOrNothing: await isAllOrNothing(ours),
    exports: [Object.keys(theirs).sort(), Object.keys(ours).sort()],
    expected,
    actual,
  }),
);
