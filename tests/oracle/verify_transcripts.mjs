// Replays the transcripts against redis-server 8.0.2, so that what they expect is what Redis does.
//
//   node tests/oracle/verify_transcripts.mjs [--record] [FILE ...]
//
// Prints each difference and a last line with counts; exits 1 when there is one. --record writes
// Redis's replies into the files where they differ. Exchanges marked @ours are not sent.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
  parseTranscript,
  printReply,
  replyMatches,
  splitCommand,
} from '../transcripts/transcript.mjs';
import { startRedis } from './redis-server.mjs';
import { encode } from './resp.mjs';

const FOLDER = fileURLToPath(new URL('../transcripts', import.meta.url));
const isRecording = process.argv.includes('--record');
const SILENCE_MS = 50; // no reply within this time means there is none

/** One client: sends a command, returns the lines of its reply, [] for none. */
class OracleSession {
  #socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  #isClosed = false;

  constructor(port) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    for (const event of ['close', 'error']) {
      this.#socket.on(event, () => {
        this.#isClosed = true;
        this.#wake();
      });
    }
  }

  send(argv) {
    this.#socket.write(encode(argv.map((word) => Buffer.from(word))));
  }

  /**
   * The lines of what comes: one reply and what is pushed with it, or until `lines` lines are
   * there; [] if nothing comes in time.
   */
  async receive({ isSilent = false, count = 1 } = {}) {
    const lines = [];
    let end = Date.now() + (isSilent ? SILENCE_MS : 10_000);
    for (;;) {
      const printed = printReply(this.#bytes);
      if (printed !== null) {
        this.#bytes = this.#bytes.subarray(printed.used);
        lines.push(...printed.lines);
        end = Math.min(end, Date.now() + SILENCE_MS);
        continue;
      }
      if (lines.length > 0 && lines.length >= count) return lines;
      if (this.#isClosed || Date.now() >= end) return lines;
      await Promise.race([
        new Promise((resolve) => (this.#wake = resolve)),
        wait(Math.max(1, end - Date.now())),
      ]);
    }
  }

  close() {
    this.#socket.destroy();
  }
}

async function startFor(transcript) {
  const options = transcript.slots ? ['--cluster-enabled', 'yes'] : ['--appendonly', 'no'];
  const folder = mkdtempSync(join(tmpdir(), 'wadict-transcript-'));
  const server = await startRedis({ folder, options });
  const close = async () => {
    await server.close();
    // A killed saver may still be there for a moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  const redis = { port: server.port, close };
  if (!transcript.slots) return redis;
  const session = new OracleSession(redis.port);
  session.send(splitCommand('CLUSTER ADDSLOTSRANGE 0 16383'));
  await session.receive();
  for (let lines = []; !lines.join().includes('cluster_state:ok'); await wait(100)) {
    session.send(splitCommand('CLUSTER INFO'));
    lines = await session.receive();
  }
  session.close();
  return redis;
}

/** Runs a file. Returns the differences and the lines that Redis gave. */
async function verify(path) {
  const transcript = parseTranscript(readFileSync(path, 'utf8'));
  const redis = await startFor(transcript);
  const sessions = new Map();
  const result = { compared: 0, ours: 0, differences: [] };
  try {
    for (const exchange of transcript.exchanges) {
      if (exchange.advanceMs > 0) await wait(exchange.advanceMs);
      if (exchange.ours) {
        result.ours++;
        continue;
      }
      if (!sessions.has(exchange.session)) {
        sessions.set(exchange.session, new OracleSession(redis.port));
      }
      const isSilent = exchange.reply.join() === '@nothing' || (exchange.arrives && isRecording);
      const session = sessions.get(exchange.session);
      if (!exchange.arrives) session.send(splitCommand(exchange.command));
      const count = isRecording ? Infinity : exchange.reply.length;
      const actual = await session.receive({ isSilent, count });
      result.compared++;
      if (!replyMatches(exchange, actual)) result.differences.push({ exchange, actual });
    }
  } finally {
    for (const session of sessions.values()) session.close();
    await redis.close();
  }
  return result;
}

function record(path, differences) {
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const { exchange, actual } of [...differences].reverse()) {
    const reply = actual.length === 0 ? ['@nothing'] : actual;
    // Behind the command come its old reply's lines, perhaps with comments between them.
    let end = exchange.line;
    while (end < lines.length && exchange.reply.includes(lines[end])) end++;
    lines.splice(exchange.line, end - exchange.line, ...reply);
  }
  writeFileSync(path, lines.join('\n'));
}

const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const paths =
  named.length > 0
    ? named
    : readdirSync(FOLDER)
        .filter((name) => name.endsWith('.txt'))
        .sort()
        .map((name) => join(FOLDER, name));
let compared = 0;
let ours = 0;
let different = 0;
for (const path of paths) {
  const result = await verify(path);
  compared += result.compared;
  ours += result.ours;
  different += result.differences.length;
  for (const { exchange, actual } of result.differences) {
    if (isRecording) continue;
    console.log(`${basename(path)}:${exchange.line}> ${exchange.command}`);
    console.log(`  expected: ${exchange.reply.join('\n            ')}`);
    console.log(`  redis:    ${actual.join('\n            ')}`);
  }
  if (isRecording) record(path, result.differences);
}
console.log(
  `${compared} replies compared with redis-server 8.0.2, ${different} ${isRecording ? 'recorded' : 'different'}, ` +
    `${ours} of our own`,
);
process.exit(different > 0 && !isRecording ? 1 : 0);
