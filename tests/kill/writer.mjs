// The process that is killed: opens a store and writes from several callers at once. Every write's
// number goes to stdout, synchronously, when its promise has resolved: "A <writer> <number>". A
// rewrite of the log is asked for again and again, so that kills hit switches of generation too.
//   writer.mjs FOLDER DURABILITY WRITERS FIRST
import { writeSync } from 'node:fs';

const [folder, durability, writers, first] = process.argv.slice(2);
const { open } = await import(new URL('../../dist/node.js', import.meta.url));
const db = await open('kill', { directory: folder, durability });

async function write(writer) {
  for (let number = Number(first); ; number++) {
    // Two keys: the newest number of this writer, and one that is written only once.
    await Promise.all([
      db.set(`last:${writer}`, String(number)),
      db.set(`once:${writer}:${number % 500}`, `${number}:${'x'.repeat(number % 97)}`),
    ]);
    writeSync(1, `A ${writer} ${number}\n`);
  }
}

async function rewrite() {
  for (;;) {
    const before = Date.now();
    await db.call('BGREWRITEAOF').catch(() => undefined); // one is under way already
    writeSync(1, `R ${Date.now() - before}\n`);
    // The next one after some more writes, not at once.
    for (let turn = 0; turn < 50; turn++) await db.get(`last:0`);
  }
}

writeSync(1, 'O\n');
for (let writer = 0; writer < Number(writers); writer++) void write(writer);
void rewrite();
