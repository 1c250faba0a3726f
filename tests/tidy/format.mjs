// npm run format [FILE...]: writes files as .clang-format and .prettierrc.json say, and wraps
// comments that are wider than a line. Without names: all of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCpp, isScript, isTypeScript, readProject, ROOT } from './files.mjs';
import { formatCpp, formatted } from './formatters.mjs';
import { reflow } from './reflow.mjs';

const WIDTH = 100;
const named = process.argv.slice(2);
const isChosen = ({ path }) =>
  named.length === 0 || named.some((name) => path === name || path.startsWith(`${name}/`));

const files = readProject().filter(isChosen);
let changed = 0;
for (const file of files.filter((file) => isTypeScript(file) || isScript(file))) {
  const text = await formatted({ ...file, text: reflow(file.text, WIDTH) });
  if (text === file.text) continue;
  writeFileSync(join(ROOT, file.path), text);
  changed++;
}
formatCpp(files.filter(isCpp).map(({ path }) => path));
console.log(
  `${changed} TypeScript files and scripts changed; C++ files as clang-format wants them`,
);
