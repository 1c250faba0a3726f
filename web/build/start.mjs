// npm start: build, then serve the page and print its address.
import { parseArgs } from 'node:util';
import { buildAll } from './build.mjs';
import { at } from './steps.mjs';
import { serve } from './serve.mjs';

// A store belongs to its origin, port included: the usual port comes first, and another one is
// named.
const USUAL_PORT = 8080;
const { values } = parseArgs({ options: { port: { type: 'string' } } });
const asked = values.port ?? process.env.PORT;

async function servePage() {
  const folder = at('dist/page');
  if (asked !== undefined) return serve({ folder, port: Number(asked) });
  try {
    return await serve({ folder, port: USUAL_PORT });
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log(`wadict: port ${USUAL_PORT} is taken; another one (its store starts empty)`);
    return serve({ folder });
  }
}

try {
  await buildAll();
  const { address } = await servePage();
  console.log(`\nwadict: the page is at ${address}\n        (Ctrl+C ends it)`);
} catch (error) {
  console.error(`wadict: ${error.message}`);
  process.exitCode = 1;
}
