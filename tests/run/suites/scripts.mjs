// Suites that are programs of their own: their last line of the form
// "N passed, N failed, N skipped" is their result. They can be run by hand just the same.
import { executeNode } from '../process.mjs';
import { readLastLine } from '../report.mjs';

export const script =
  (file, ...args) =>
  async () =>
    readLastLine(await executeNode([file, ...args]));
