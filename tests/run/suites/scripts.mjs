// Suites that are programs of their own: their last line of the form
// "N passed, N failed, N skipped" is their result. They can be run by hand just the same.
import { executeNode } from '../process.mjs';
import { broken, readLastLine } from '../report.mjs';

/** verify_transcripts.mjs: how many replies of redis-server are those of the transcripts. */
export const transcripts = async () => {
  const output = await executeNode(['tests/oracle/verify_transcripts.mjs']);
  const line = /^(\d+) replies compared .*, (\d+) different/m.exec(output.stdout);
  if (line === null) return broken(`no result (status ${output.status})\n${output.stderr}`);
  const [compared, different] = line.slice(1).map(Number);
  const failed = different + (output.status !== 0 && different === 0 ? 1 : 0);
  return { passed: compared - different, failed, skipped: 0, log: output.stdout };
};

export const script =
  (file, ...args) =>
  async () =>
    readLastLine(await executeNode([file, ...args]));
