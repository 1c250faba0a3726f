// Differential test: the same random commands to our engine and to redis-server 8.0.2, reply by
// reply, and at intervals the digest of everything stored and a whole SCAN.
//
// Commands are drawn from our own COMMAND table; every option of every command has to be tried at
// least `--each` times with success and with an error, and the table of it is printed.
// Shows @V02 @V03 @V04 @V07 @V08 @T02 @T03 @T05 @N03 @N04.
//
//   fuzz.mjs [--commands 100000] [--seed N] [--each 50] [--protocol 2|3] [--self]
//   --self   compares the oracle with itself: checks this program
import { parseArgs } from 'node:util';
import { equalReplies } from './compare.mjs';
import { Coverage } from './coverage.mjs';
import { engineTarget } from './engine.mjs';
import { Generator, labelOf, labelsOf, readGrammar } from './grammar.mjs';
import { Random } from './random.mjs';
import { ErrorReply, show } from './resp.mjs';
import { RedisTarget } from './targets.mjs';

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    each: { type: 'string', default: '50' },
    protocol: { type: 'string', default: '2' },
    self: { type: 'boolean', default: false },
  },
});
const COMMANDS = Number(values.commands);
const BATCH = 100;
const CHECK_EVERY = 20; // batches
const DUMPS_MAX = 20;
const HISTORY_MAX = 20_000;

// Not for random calls: they end, save, block, wait or reconfigure a server, or tell of the
// machine. DELEX is of Redis 8.4, OBSERVE our own.
const LEFT_OUT = new RegExp(
  [
    '^(SHUTDOWN|SAVE|BGSAVE|BGREWRITEAOF|CONFIG|DEBUG|INSPECT|COMMAND|INFO|MONITOR|LATENCY)',
    '^(SLOWLOG|ACL|MODULE|CLUSTER|HELLO|AUTH|QUIT|RESET|MIGRATE|WAIT|REPLICA|SLAVE|ROLE|SYNC)',
    '^(DELEX|OBSERVE)',
    // What waits would hold up all that follows: the transcripts have it.
    '^B[LRZ]',
    // Messages are no replies: the transcripts of pub/sub have them.
    '^([PS]?(UN)?SUBSCRIBE|PUBSUB)',
    '^(PSYNC|FAILOVER|LOLWUT|REPLCONF|MEMORY (?!USAGE)|OBJECT HELP|CLIENT (?!ID|SETNAME|GETNAME))',
  ].join('|'),
);
// With --self the table is the oracle's, which is larger: only the groups that we have.
const SELF_GROUPS = new Set([
  ...['string', 'hash', 'list', 'set', 'sorted-set', 'bitmap', 'hyperloglog', 'geo', 'stream'],
  ...['generic', 'connection', 'server', 'transactions', 'pubsub'],
]);

class Run {
  #ours;
  #theirs;
  #random;
  #grammar = [];
  #coverage;
  #state = { now: Date.now(), dumps: [] };
  #history = [];
  #differences = new Map();
  #digests = 0;
  #queued = [];

  constructor(ours, theirs, random) {
    this.#ours = ours;
    this.#theirs = theirs;
    this.#random = random;
  }

  async prepare() {
    for (const target of [this.#ours, this.#theirs]) {
      await target.call('HELLO', values.protocol);
      await target.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
      await target.call('CONFIG', 'SET', 'stream-node-max-entries', '5');
    }
    this.#grammar = readGrammar(await this.#ours.call('COMMAND', 'DOCS')).filter(
      (command) =>
        !LEFT_OUT.test(labelOf(command)) && (!values.self || SELF_GROUPS.has(command.group)),
    );
    this.#coverage = new Coverage(this.#grammar, Number(values.each));
  }

  /** Half of the time any command, half of the time the poorest label of a few. */
  #draw(generator) {
    const command = this.#random.pick(this.#grammar);
    if (this.#random.chance(0.5)) {
      return generator.command(command, { wrong: this.#random.chance(0.3) });
    }
    const some = Array.from({ length: 6 }, () => this.#random.pick(this.#grammar)).flatMap(
      (candidate) =>
        labelsOf(candidate).map((label) => ({ candidate, ...this.#coverage.need(label) })),
    );
    const poorest = some.reduce((a, b) => (b.missing > a.missing ? b : a));
    return generator.command(poorest.candidate, { want: poorest.label, wrong: poorest.wrong });
  }

  async batch() {
    const generator = new Generator(this.#random, this.#state);
    const drawn = Array.from({ length: BATCH }, () => this.#draw(generator));
    // A flush in every batch would leave the other commands nothing to work on.
    const commands = withTransactions(
      drawn
        .filter(({ words }) => !/^FLUSH/i.test(words[0]) || this.#random.chance(0.2))
        .map(withTotalOrder)
        .flatMap(withReunion),
    );
    const words = commands.map((command) => command.words);
    const [ours, theirs] = await Promise.all([this.#ours.run(words), this.#theirs.run(words)]);
    commands.forEach((command, index) => this.#compare(command, ours[index], theirs[index]));
    return commands.length;
  }

  #compare({ words, labels }, ours, theirs) {
    this.#history.push(words);
    if (this.#history.length > 2 * HISTORY_MAX) this.#history.splice(0, HISTORY_MAX);
    this.#coverage.add(labels, theirs instanceof ErrorReply);
    if (labels[0] === 'DUMP' && theirs?.bulk) {
      this.#state.dumps.push(Buffer.from(theirs.bulk, 'latin1'));
      if (this.#state.dumps.length > DUMPS_MAX) this.#state.dumps.shift();
    }
    if (!this.#equal(labels[0], ours, theirs)) this.#note(labels[0], words, ours, theirs);
  }

  /** The replies in EXEC's are those of the commands that were queued, each with its own rules. */
  #equal(label, ours, theirs) {
    if (theirs?.simple === 'QUEUED') {
      this.#queued.push(label);
      return ours?.simple === 'QUEUED';
    }
    const queued = this.#queued;
    if (['EXEC', 'DISCARD'].includes(label)) this.#queued = [];
    if (label !== 'EXEC' || !Array.isArray(theirs)) return equalReplies(label, ours, theirs);
    return (
      theirs.length === queued.length &&
      ours?.length === queued.length &&
      queued.every((name, index) => equalReplies(name, ours[index], theirs[index]))
    );
  }

  /** Everything stored, and a whole walk over the selected database in small pages. */
  async checkAll() {
    const [ours, theirs] = await Promise.all(
      [this.#ours, this.#theirs].map((target) => target.call('DEBUG', 'DIGEST')),
    );
    if (show(ours) === show(theirs)) this.#digests++;
    else this.#note('DEBUG DIGEST', ['DEBUG', 'DIGEST'], ours, theirs);
    const [ourKeys, theirKeys] = await Promise.all([this.#ours, this.#theirs].map(scanAll));
    if (show(ourKeys) !== show(theirKeys)) this.#note('SCAN', ['SCAN', '...'], ourKeys, theirKeys);
  }

  #note(name, words, ours, theirs) {
    const entry = this.#differences.get(name);
    if (entry !== undefined) entry.count++;
    else this.#differences.set(name, { count: 1, words, ours, theirs, past: this.#past(words) });
  }

  /** The last commands that name one of the same keys. */
  #past(words) {
    const keys = new Set(words.filter((word) => /^k\d+$/.test(word)));
    const related = this.#history.filter((past) => past.some((word) => keys.has(String(word))));
    return related.slice(-8, -1);
  }

  report() {
    this.#coverage.print();
    for (const [name, { count, words, ours, theirs, past }] of this.#differences) {
      console.log(`\nDIFFERENT ${name}: ${count} times; the first, after what came before:`);
      for (const earlier of past) console.log(`    ${line(earlier)}`);
      console.log(`  ${line(words)}\n    ours   ${show(ours)}\n    theirs ${show(theirs)}`);
    }
    const poor = this.#coverage.tooFew();
    if (poor.length > 0) console.log(`\ntried fewer than ${values.each} times: ${poor.join(', ')}`);
    console.log(`\n${this.#digests} times the digests of everything were equal`);
    const failed = this.#differences.size + poor.length + (this.#digests === 0 ? 1 : 0);
    return { passed: this.#coverage.size - poor.length, failed };
  }
}

const alone = (word) => ({ words: [word], labels: [word] });
/** They would wait for a key, but never in a transaction. */
const WAITS = /^(B[LZ]M?POP|BRPOP|B[LZ]MOVE|BRPOPLPUSH|BZPOP(MIN|MAX))$/;

/**
 * Random choices that change something stay out of transactions, and each ends with its batch; what
 * may wait goes into one.
 */
function withTransactions(commands) {
  let isOpen = false;
  const kept = commands.flatMap((command) => {
    const { words } = command;
    const name = words[0].toString().toUpperCase();
    if (name === 'MULTI' && words.length === 1) isOpen = true;
    if (name === 'EXEC' || (name === 'DISCARD' && words.length === 1)) isOpen = false;
    if (isOpen && name === 'SPOP') return [];
    if (!isOpen && WAITS.test(name)) return [alone('MULTI'), command, alone('EXEC')];
    return [command];
  });
  return isOpen ? [...kept, alone('EXEC')] : kept;
}

/** By texts of other keys there are ties, whose order is that in which a hash table is walked. */
function withTotalOrder(command) {
  const words = command.words;
  const isSort = /^SORT/.test(command.labels[0]) && words.some((word) => /^BY$/i.test(word));
  return isSort ? { ...command, words: words.filter((word) => !/^ALPHA$/i.test(word)) } : command;
}

/** After a random choice the two sides differ: what is left of the key goes. */
function withReunion(command) {
  const { words, labels } = command;
  if (labels[0] !== 'SPOP' || words.length < 2) return [command];
  return [command, { words: ['DEL', words[1]], labels: ['DEL'] }];
}

async function scanAll(target) {
  const keys = new Set();
  let cursor = '0';
  do {
    const [next, page] = await target.call('SCAN', cursor, 'COUNT', '3');
    for (const key of page) keys.add(show(key));
    cursor = next.bulk;
  } while (cursor !== '0');
  return { simple: [...keys].sort().join(' ') };
}

const line = (words) => words.map((word) => JSON.stringify(String(word).slice(0, 60))).join(' ');

async function main() {
  console.log(`seed ${values.seed}, ${COMMANDS} commands, RESP${values.protocol}`);
  const targets = [];
  try {
    targets.push(values.self ? await RedisTarget.start() : await engineTarget());
    targets.push(await RedisTarget.start());
    const run = new Run(targets[0], targets[1], new Random(values.seed));
    await run.prepare();
    let done = 0;
    for (let batches = 1; done < COMMANDS; batches++) {
      done += await run.batch();
      if (batches % CHECK_EVERY === 0) await run.checkAll();
    }
    await run.checkAll();
    const { passed, failed } = run.report();
    console.log(`seed ${values.seed}: ${done} commands`);
    console.log(`${passed} passed, ${failed} failed, 0 skipped`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    await Promise.all(targets.map((target) => target.close()));
  }
}

await main();
