// Random commands drawn from a command table: the argument trees of COMMAND DOCS, the shape that
// our engine and Redis share. Every option of a tree has a label ("SET EX"), so that a run can tell
// how often each was tried and how it went.
//
// What a tree cannot tell (which integers are worth trying, that a cursor begins at 0) is in
// VALUES.

const toObject = (reply) => {
  const pairs = Array.isArray(reply) ? pairUp(reply) : reply.map;
  return Object.fromEntries(pairs.map(([key, value]) => [text(key), value]));
};
const pairUp = (list) =>
  Array.from({ length: list.length / 2 }, (_, index) => [list[2 * index], list[2 * index + 1]]);
const items = (reply) => (Array.isArray(reply) ? reply : (reply?.set ?? []));
const text = (reply) => reply?.bulk ?? reply?.simple ?? reply?.verbatim ?? '';

function readArgument(reply) {
  const fields = toObject(reply);
  const flags = items(fields.flags).map(text);
  return {
    name: text(fields.name),
    type: text(fields.type),
    token: text(fields.token),
    optional: flags.includes('optional'),
    multiple: flags.includes('multiple'),
    repeatsToken: flags.includes('multiple_token'),
    parts: readArguments(fields),
  };
}

/** Options that Redis has only since 8.4; what waits; what the two clocks choose. */
const LEFT_OUT = new Set(['IFEQ', 'IFNE', 'BLOCK', '*']);

const readArguments = (fields) =>
  items(fields.arguments)
    .map(readArgument)
    .filter(({ token }) => !LEFT_OUT.has(token));

/** COMMAND DOCS's reply -> [{ name: ['config', 'get'], group, parts }], one per subcommand. */
export function readGrammar(docs) {
  const commands = [];
  for (const [name, reply] of Object.entries(toObject(docs))) {
    const fields = toObject(reply);
    const subcommands = fields.subcommands === undefined ? {} : toObject(fields.subcommands);
    for (const [full, sub] of Object.entries(subcommands)) {
      const parts = readArguments(toObject(sub));
      commands.push({ name: full.split('|'), group: text(fields.group), parts });
    }
    if (Object.keys(subcommands).length === 0) {
      const parts = readArguments(fields);
      commands.push({ name: [name], group: text(fields.group), parts });
    }
  }
  return commands;
}

export const labelOf = (command) => command.name.join(' ').toUpperCase();

/** All labels of a command: itself, and one for every word of its syntax. */
export function labelsOf(command) {
  const labels = [labelOf(command)];
  const visit = (part) => {
    if (part.token !== '') labels.push(`${labelOf(command)} ${part.token}`);
    part.parts.forEach(visit);
  };
  command.parts.forEach(visit);
  return [...new Set(labels)];
}

const KEYS = Array.from({ length: 12 }, (_, index) => `k${index}`);
const DAY = 86_400;

const INTEGERS = [
  ...['0', '1', '2', '-1', '-2', '5', '10', '100', '-100'],
  ...['2147483648', '-2147483649', '9223372036854775807', '-9223372036854775808'],
];
const BAD_INTEGERS = [
  'x',
  '',
  ' 1',
  '1 ',
  '01',
  '+1',
  '1.5',
  '9223372036854775808',
  '1e3',
  '-',
  '--1',
];
const DOUBLES = ['0', '1', '-1.5', '0.1', '3.0e3', '1e-7', '-3.25', '1000000.1', '1e17', '0.3'];
const BAD_DOUBLES = ['x', '', ' 1', 'nan', 'inf', '-inf', '1e5000', '0x10', '1.5.5'];

const SCORES = [
  ...['0', '1', '2', '3', '-1', '1.5', '-1.5', '0.1', '3.0e3', '1e-7', '1e17', '-0', '2.5'],
  ...['inf', '-inf', '4611686018427387904', '1.0000000000000002', '123456789.123'],
];
const SCORE_BOUNDS = [
  ...['-inf', '-inf', '+inf', '+inf', '0', '1', '2', '3', '1.5', '-1', '(1', '(2', '(0', '(1.5'],
  ...['(inf', '(-inf', '', '(', '1e999', '0x1', ' 1', 'x', 'nan', '[1'],
];
const MEMBER_BOUNDS = [
  ...['-', '-', '-', '+', '+', '+', '[a', '(a', '[c', '(c', '[f', '(name', '[', '(', '[x', '[1'],
  ...['a', '', '++', '[b'],
];
const PLACES = ['0', '0', '1', '2', '-1', '-1', '-2', '5', '-100', '100', '9223372036854775807'];

const LONGITUDES = [...['13.361389', '15', '13.5', '-179.9', '180', '0', '179.99', '12.75'], '181'];
const LATITUDES = [...['38.115556', '37.5', '0', '85.05112878', '-85', '84', '37', '-1.5'], '86'];
const LENGTHS = ['0', '1', '100', '200.5', '1000', '5000', '20000', '-1', '1e7'];

const FIELDS = ['a', 'b', 'name', '1', '-1', '', 'x'.repeat(64), 'x'.repeat(65), ...'cdefgh'];

function text_(random) {
  return random.pick([
    ...['', 'a', 'abc', 'hello world', '10', '-7', '9223372036854775807', '3.5', ' 1', '1e5'],
    ...['\0\xff\x80binary', 'x'.repeat(44), 'x'.repeat(45), 'ab'.repeat(300), 'nan', '0.1', '-0'],
    String(random.between(-1000, 20_000)),
  ]);
}

// Few different ones, so that searches find something; some that fill a node of a list.
const ELEMENTS = ['a', 'b', 'c', '1', '2', '-300', '70000', '', '01', 'x'.repeat(70)];
const LONG_ELEMENTS = ['y'.repeat(3000), 'z'.repeat(9000)];
const element = (random) =>
  random.chance(0.1) ? random.pick(LONG_ELEMENTS) : random.pick(ELEMENTS);
const listIndex = (random) =>
  random.chance(0.1) ? random.pick(INTEGERS) : String(random.between(-8, 8));

const seconds = (random) => String(random.between(1, 30) * DAY);
const inFuture = (random, now) => Math.floor(now / 1000) + random.between(1, 30) * DAY;

const bitOffset = (random) =>
  random.chance(0.9)
    ? String(random.between(0, 700))
    : random.pick(['-1', '4294967296', 'x', '9223372036854775807', '1000000']);
const bitPlace = (random) =>
  random.chance(0.8) ? String(random.between(-90, 90)) : random.pick(INTEGERS);
/** One of `choices` for each of these arguments of each of these commands. */
const each = (commands, names, choices) =>
  Object.fromEntries(
    commands
      .split(' ')
      .flatMap((command) => names.split(' ').map((name) => `${command} ${name}`))
      .map((label) => [label, (random) => random.pick(choices)]),
  );

/** Ids of streams ascend from command to command; most others ask for one of the last. */
const newId = (random, state) => {
  state.streamMs = (state.streamMs ?? 100) + random.between(0, 2);
  return random.pick([
    ...[`${state.streamMs}-*`, `${state.streamMs}-${random.between(0, 2)}`, `${state.streamMs}`],
    ...[`${state.streamMs + 1}-1`, `${state.streamMs}-1`, `${random.between(0, 90)}-1`, 'x'],
  ]);
};
const streamId = (random, { streamMs = 100 }) =>
  random.chance(0.85)
    ? `${Math.max(0, streamMs - random.between(0, 25))}-${random.between(0, 2)}`
    : random.pick(['0', '5', '0-0', '99999', 'x', '-', '+', '18446744073709551615-5', '']);
const streamBound = (random, state) =>
  random.pick(['-', '+', streamId(random, state), `(${streamId(random, state)}`, '(', '90']);
const IDLE_TIMES = ['0', '0', '0', '7200000', '60000', '-5', 'x'];

/** By "COMMAND argument", then "argument", then type: a function of (random, state). */
const VALUES = {
  // Times far away, so that nothing expires between the two sides' executions; past ones only where
  // the key is then deleted at once.
  'EXPIRE seconds': (random) => random.pick([seconds(random), seconds(random), '0', '-1']),
  'PEXPIRE milliseconds': (random) => random.pick([`${seconds(random)}000`, '0', '-5']),
  seconds,
  milliseconds: (random) => `${seconds(random)}000`,
  'SETEX seconds': seconds,
  'PSETEX milliseconds': (random) => `${seconds(random)}000`,
  'EXPIREAT unix-time-seconds': (random, { now }) =>
    random.pick([String(inFuture(random, now)), '1']),
  'PEXPIREAT unix-time-milliseconds': (random, { now }) =>
    random.pick([`${inFuture(random, now)}123`, '1']),
  'unix-time-seconds': (random, { now }) => String(inFuture(random, now)),
  'unix-time-milliseconds': (random, { now }) => `${inFuture(random, now)}123`,
  ttl: (random) => random.pick(['0', '0', `${seconds(random)}000`]),
  'serialized-value': (random, { dumps }) => (dumps.length > 0 ? random.pick(dumps) : 'no dump'),
  frequency: (random) => String(random.between(0, 255)),
  cursor: () => '0',
  count: (random) => random.pick(['1', '2', '10', '1000']),
  'SCAN type': (random) => random.pick(['string', 'list', 'STRING', 'hash', 'set']),
  'HELLO protover': (random) => random.pick(['2', '3']),
  offset: (random) => random.pick(['0', '1', '5', '40']),
  index: (random) => random.pick(['0', '0', '0', '1', '2', '3']),
  index1: (random) => random.pick(['0', '1', '2', '3']),
  index2: (random) => random.pick(['0', '1', '2', '3']),
  db: (random) => random.pick(['0', '1', '2', '3']),
  'destination-db': (random) => random.pick(['0', '1', '2', '3']),
  increment: (random) => random.pick(INTEGERS),
  len: (random) => random.pick(['0', '1', '2', '5']),
  numfields: (random) => random.pick(['1', '1', '1', '2', '3']),
  'HEXPIRE seconds': (random) => random.pick([seconds(random), seconds(random), '0', '-1']),
  'HPEXPIRE milliseconds': (random) => random.pick([`${seconds(random)}000`, '0']),
  'HEXPIREAT unix-time-seconds': (random, { now }) =>
    random.pick([String(inFuture(random, now)), '1']),
  'HPEXPIREAT unix-time-milliseconds': (random, { now }) =>
    random.pick([`${inFuture(random, now)}123`, '1']),
  field: (random) => random.pick(FIELDS),
  member: (random) =>
    random.chance(0.6) ? String(random.between(-3, 12)) : random.pick([...FIELDS, '70000', '05']),
  numkeys: (random) => random.pick(['1', '1', '2', '3']),
  limit: (random) => random.pick(['0', '1', '2', '100']),
  'by-pattern': (random) => random.pick(['k*', 'h*->a', 'w_*', '*', 'h*->', 's*->1']),
  'get-pattern': (random) => random.pick(['#', 'k*', 'h*->name', 'constant', '*', 'h*->a']),
  'SPOP count': (random) => random.pick(['0', '1', '2', '1000']),
  'SRANDMEMBER count': (random) => random.pick(['0', '1', '-1', '2', '-5', '40']),
  'HRANDFIELD count': (random) => random.pick(['0', '1', '-1', '2', '-5', '40']),
  'HINCRBYFLOAT increment': (random) => random.pick(DOUBLES),
  bit: (random) => random.pick(['0', '1', '1', '2']),
  'SETBIT value': (random) => random.pick(['0', '1', '1', '2', '-1', 'x']),
  'SETBIT offset': bitOffset,
  'GETBIT offset': bitOffset,
  'BITFIELD offset': (random) =>
    random.pick([bitOffset(random), `#${random.between(0, 60)}`, '#x', '#-1']),
  'BITFIELD_RO offset': (random) => random.pick([bitOffset(random), `#${random.between(0, 60)}`]),
  encoding: (random) =>
    random.chance(0.9)
      ? `${random.pick(['i', 'u'])}${random.between(1, 64)}`
      : random.pick(['u64', 'i65', 'x8', 'u0', '', 'i']),
  'BITFIELD value': (random) => random.pick(INTEGERS),
  ...Object.fromEntries(
    ['BITCOUNT', 'BITPOS'].flatMap((name) =>
      ['start', 'end'].map((part) => [`${name} ${part}`, bitPlace]),
    ),
  ),
  'PFADD element': (random) => (random.chance(0.7) ? `e${random.between(0, 3000)}` : text_(random)),
  element: (random) => element(random),
  pivot: (random) => element(random),
  'LINDEX index': listIndex,
  'LSET index': listIndex,
  'LRANGE start': listIndex,
  'LRANGE stop': listIndex,
  'LTRIM start': (random) => random.pick(['0', '0', '1', '-9', listIndex(random)]),
  'LTRIM stop': (random) => random.pick(['-1', '-1', '-2', '9', listIndex(random)]),
  'LPOP count': (random) => random.pick(['0', '1', '1', '2', '3', '1000']),
  'RPOP count': (random) => random.pick(['0', '1', '1', '2', '3', '1000']),
  'LREM count': (random) => random.pick(['0', '1', '-1', '2', '-3', ...INTEGERS]),
  'LPOS rank': (random) => random.pick(['1', '1', '2', '-1', '-2', ...INTEGERS]),
  'num-matches': (random) => random.pick(['0', '1', '2', '10']),
  timeout: (random) => random.pick(['0', '0.01', '1', '0', '1e-3']),
  'LMPOP count': (random) => random.pick(['1', '2', '1000']),
  'BLMPOP count': (random) => random.pick(['1', '2', '1000']),
  'LPOS len': (random) => random.pick(['0', '1', '5', '100']),
  longitude: (random) => random.pick(LONGITUDES),
  latitude: (random) => random.pick(LATITUDES),
  radius: (random) => random.pick(LENGTHS),
  width: (random) => random.pick(LENGTHS),
  height: (random) => random.pick(LENGTHS),
  member1: (random) => random.pick(FIELDS),
  member2: (random) => random.pick(FIELDS),
  score: (random) => random.pick(SCORES),
  weight: (random) => random.pick(['1', '2', '-1', '0', '0.5', 'inf', '1e3']),
  min: (random) => random.pick(SCORE_BOUNDS),
  max: (random) => random.pick(SCORE_BOUNDS),
  ...each('ZLEXCOUNT ZRANGEBYLEX ZREVRANGEBYLEX ZREMRANGEBYLEX', 'min max', MEMBER_BOUNDS),
  ...each('ZREVRANGE ZREMRANGEBYRANK', 'start stop', PLACES),
  ...each('ZRANGE', 'start stop', [...PLACES, ...SCORE_BOUNDS, ...MEMBER_BOUNDS]),
  ...each('ZRANGESTORE', 'min max', [...PLACES, ...SCORE_BOUNDS, ...MEMBER_BOUNDS]),
  'ZINTERCARD limit': (random) => random.pick(['0', '1', '2', '100']),
  'ZINCRBY increment': (random) => random.pick(SCORES),
  'ZRANDMEMBER count': (random) => random.pick(['0', '1', '-1', '2', '-5', '40']),
  'ZPOPMIN count': (random) => random.pick(['0', '1', '2', '3', '-1']),
  'ZPOPMAX count': (random) => random.pick(['0', '1', '2', '3', '-1']),
  'XADD id': newId,
  id: streamId,
  threshold: (random, state) =>
    random.pick(['0', '1', '3', '10', '20', '-1', streamId(random, state)]),
  'XADD count': (random) => random.pick(['0', '1', '5', '10', '1000', '-1']),
  'XTRIM count': (random) => random.pick(['0', '1', '5', '10', '1000', '-1']),
  ...Object.fromEntries(
    ['XRANGE', 'XREVRANGE', 'XPENDING', 'XAUTOCLAIM'].flatMap((name) =>
      ['start', 'end'].map((part) => [`${name} ${part}`, streamBound]),
    ),
  ),
  group: (random) => random.pick(['g0', 'g0', 'g0', 'g0', 'g1', 'nope']),
  consumer: (random) => random.pick(['c0', 'c0', 'c1', 'c2', '']),
  'min-idle-time': (random) => random.pick(IDLE_TIMES),
  ms: (random) => random.pick(['0', '7200000', '100000000', 'x']),
  'XCLAIM unix-time-milliseconds': (random) => random.pick(['1000', '-1', '9999999999999', 'x']),
  lastid: streamId,
  'entries-read': (random) => random.pick(['-1', '0', '3', '100', '-2', 'x']),
  'entries-added': (random) => random.pick(['0', '5', '1000', '-1', 'x']),
  'last-id': (random, state) =>
    random.pick([streamId(random, state), `${(state.streamMs ?? 100) + 1}-0`]),
  'max-deleted-id': streamId,
  'XREAD id': (random, state) => random.pick(['0', '$', '+', '>', streamId(random, state)]),
  'XREADGROUP id': (random, state) =>
    random.pick(['>', '>', '>', '>', '0', '$', streamId(random, state)]),
  'connection-name': (random) => random.pick(['me', 'a-b', '', 'x'.repeat(20)]),
  message: text_,
  pattern: (random) => random.pick(['*', 'k*', 'k?', 'k[0-3]', 'k[^1]', 'nothing', '\\k1', 'k1*']),
};

// The commands of a family work on keys of their own half of the time, so that they do not only
// meet WRONGTYPE.
const FAMILY_KEYS = {
  hash: Array.from({ length: 4 }, (_, index) => `h${index}`),
  stream: Array.from({ length: 2 }, (_, index) => `x${index}`),
  bitmap: Array.from({ length: 3 }, (_, index) => `b${index}`),
  hyperloglog: Array.from({ length: 4 }, (_, index) => `p${index}`),
  list: Array.from({ length: 4 }, (_, index) => `l${index}`),
  set: Array.from({ length: 4 }, (_, index) => `s${index}`),
  'sorted-set': Array.from({ length: 4 }, (_, index) => `z${index}`),
  geo: ['z0', 'g0', 'g1'],
};

const BY_TYPE = {
  key: (random) =>
    random.chance(0.8) ? random.pick(KEYS) : random.pick(Object.values(FAMILY_KEYS).flat()),
  string: text_,
  integer: (random) => random.pick(INTEGERS),
  double: (random) => random.pick(DOUBLES),
  pattern: VALUES.pattern,
  'unix-time': VALUES['unix-time-seconds'],
  'pure-token': () => [],
};

const BAD_BY_TYPE = {
  integer: BAD_INTEGERS,
  'unix-time': [...BAD_INTEGERS, '-1', '0', '9223372036854775807'],
  double: BAD_DOUBLES,
};

/** One random command. `state`: { now, dumps }. Result: words, and the labels of what it uses. */
export class Generator {
  #random;
  #state;
  #label;
  #group;
  #used;
  #badShare;

  constructor(random, state) {
    this.#random = random;
    this.#state = state;
  }

  /** `want`: the label of an option that has to be there; `wrong`: something in it should be. */
  command(command, { want, wrong }) {
    this.#label = labelOf(command);
    this.#group = command.group;
    this.#used = new Set([this.#label]);
    this.#badShare = wrong ? 0.35 : 0;
    const words = command.parts.flatMap((part) => this.#part(part, want));
    const name = command.name.map((word) => (this.#random.chance(0.1) ? word : word.toUpperCase()));
    return { words: [...name, ...this.#spoil(words)], labels: [...this.#used] };
  }

  #spoil(words) {
    if (this.#badShare === 0 || !this.#random.chance(0.5)) return words;
    const at = this.#random.below(words.length + 1);
    switch (this.#random.below(3)) {
      case 0:
        return words.slice(0, -1);
      case 1:
        return [...words.slice(0, at), 'BOGUS', ...words.slice(at)];
      default:
        return [...words, ...words.slice(at)];
    }
  }

  #contains(part, want) {
    return (
      `${this.#label} ${part.token}` === want ||
      part.parts.some((inner) => this.#contains(inner, want))
    );
  }

  #part(part, want) {
    const wanted = want !== undefined && this.#contains(part, want);
    if (part.optional && !wanted && !this.#random.chance(0.3)) return [];
    const times = part.multiple && !wanted ? this.#random.between(1, 3) : 1;
    const words = [];
    for (let time = 0; time < times; time++) {
      if (part.token !== '' && (time === 0 || part.repeatsToken)) words.push(this.#token(part));
      words.push(...this.#once(part, want));
    }
    return words;
  }

  #token(part) {
    this.#used.add(`${this.#label} ${part.token}`);
    return this.#random.chance(0.2) ? part.token.toLowerCase() : part.token;
  }

  #once(part, want) {
    if (part.token === 'STREAMS') return this.#streams(part.parts[0].parts);
    if (part.type === 'oneof') return this.#part(this.#alternative(part, want), want);
    if (part.type === 'block') return part.parts.flatMap((inner) => this.#part(inner, want));
    return [this.#value(part)].flat();
  }

  /** As many ids as keys, but for a few. */
  #streams([key, id]) {
    const streams = this.#random.between(1, 2);
    const ids = this.#random.chance(0.05) ? streams - 1 : streams;
    return [
      ...Array.from({ length: streams }, () => this.#value(key)),
      ...Array.from({ length: ids }, () => this.#value(id)),
    ];
  }

  #alternative(part, want) {
    const wanted = part.parts.find((inner) => want !== undefined && this.#contains(inner, want));
    return wanted ?? this.#random.pick(part.parts);
  }

  #value(part) {
    const bad = BAD_BY_TYPE[part.type];
    if (bad !== undefined && this.#random.chance(this.#badShare)) return this.#random.pick(bad);
    const family = FAMILY_KEYS[this.#group];
    if (part.type === 'key' && family !== undefined && this.#random.chance(0.7))
      return this.#random.pick(family);
    const make =
      VALUES[`${this.#label} ${part.name}`] ?? VALUES[part.name] ?? BY_TYPE[part.type] ?? text_;
    return part.type === 'pure-token' ? [] : make(this.#random, this.#state);
  }
}
