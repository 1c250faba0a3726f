/**
 * A value of each type to begin with, and what can be done to it by a click. All of it is typed
 * into the command line, where it can be read.
 */

/** What an action may know of the value. */
export interface ActionContext {
  /** As it is typed. */
  readonly key: string;
  readonly size: number;
  readonly limits: ReadonlyMap<string, number>;
}

export interface ValueAction {
  readonly label: string;
  readonly lines: (context: ActionContext) => readonly string[];
}

export interface ValueExample {
  readonly key: string;
  readonly lines: readonly string[];
  readonly actions: readonly ValueAction[];
}

const numbersFrom = (first: number, count: number): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, i) => first + i);

const limitOf = ({ limits }: ActionContext, setting: string, otherwise = 128): number =>
  limits.get(setting) ?? otherwise;

/** As many more as the limit allows, at least one. */
const roomOf = (context: ActionContext, setting: string): number =>
  Math.max(1, limitOf(context, setting) - context.size);

const tooLong = (context: ActionContext, setting: string): string =>
  'x'.repeat(limitOf(context, setting, 64) + 1);

/** A score that looks like one, the same for the same number. */
const scoreOf = (number: number): number => (number * 7919) % 10_007;

const scored = (size: number, count: number): string =>
  numbersFrom(size + 1, count)
    .map((number) => `${scoreOf(number)} player:${number}`)
    .join(' ');

export const kValueExamples: Readonly<Record<string, ValueExample>> = {
  hash: {
    key: 'profile:ana',
    lines: ['HSET profile:ana name Ana city Porto age 31 plan pro'],
    actions: [
      { label: 'Add a field', lines: ({ key, size }) => [`HSET ${key} field:${size + 1} new`] },
      {
        label: 'Fill up to the limit',
        lines: (context) => {
          const { key, size } = context;
          const more = numbersFrom(size + 1, roomOf(context, 'hash-max-listpack-entries'));
          return [`HSET ${key} ${more.map((number) => `field:${number} new`).join(' ')}`];
        },
      },
      {
        label: 'A value too long',
        lines: (context) => [
          `HSET ${context.key} note ${tooLong(context, 'hash-max-listpack-value')}`,
        ],
      },
      {
        label: 'Let a field expire',
        lines: ({ key }) => [`HSET ${key} code 1234`, `HEXPIRE ${key} 600 FIELDS 1 code`],
      },
    ],
  },
  list: {
    key: 'jobs:images',
    lines: ['RPUSH jobs:images resize:1 resize:2 crop:3 resize:4'],
    actions: [
      { label: 'Push one', lines: ({ key, size }) => [`RPUSH ${key} resize:${size + 1}`] },
      {
        label: 'Push 500',
        lines: ({ key, size }) => {
          const more = numbersFrom(size + 1, 500).map((number) => `resize:${number}`);
          return [`RPUSH ${key} ${more.join(' ')}`];
        },
      },
      { label: 'Pop one', lines: ({ key }) => [`LPOP ${key}`] },
      { label: 'Pop 500', lines: ({ key }) => [`LPOP ${key} 500`] },
    ],
  },
  set: {
    key: 'seen:ana',
    lines: ['SADD seen:ana 5 -2 70000'],
    actions: [
      { label: 'Add a number', lines: ({ key, size }) => [`SADD ${key} ${100 + size}`] },
      { label: 'Add a word', lines: ({ key, size }) => [`SADD ${key} post:${size}`] },
      {
        label: 'Fill up to the limit',
        lines: (context) => {
          const { key, size } = context;
          const more = numbersFrom(100 + size, roomOf(context, 'set-max-listpack-entries'));
          return [`SADD ${key} ${more.join(' ')}`];
        },
      },
      {
        label: 'A member too long',
        lines: (context) => [
          `SADD ${context.key} word ${tooLong(context, 'set-max-listpack-value')}`,
        ],
      },
    ],
  },
  zset: {
    key: 'board',
    lines: ['ZADD board 300 noor 250 leo 410 ana'],
    actions: [
      {
        label: 'Add a member',
        lines: ({ key, size }) => [`ZADD ${key} ${scored(size, 1)}`],
      },
      {
        label: 'Fill up to the limit',
        lines: (context) => {
          const more = scored(context.size, roomOf(context, 'zset-max-listpack-entries'));
          return [`ZADD ${context.key} ${more}`];
        },
      },
      {
        label: 'Add 1,000',
        lines: ({ key, size }) => [
          `ZADD ${key} ${scored(size, 500)}`,
          `ZADD ${key} ${scored(size + 500, 500)}`,
        ],
      },
      { label: 'Remove the lowest', lines: ({ key }) => [`ZPOPMIN ${key}`] },
    ],
  },
  stream: {
    key: 'activity',
    lines: [
      'XADD activity * user ana did login',
      'XADD activity * user leo did upload',
      'XADD activity * user ana did logout',
    ],
    actions: [
      { label: 'Add an entry', lines: ({ key }) => [`XADD ${key} * user noor did login`] },
      {
        label: 'Add one with other fields',
        lines: ({ key }) => [`XADD ${key} * page /home ms 12`],
      },
      {
        label: 'A group reads two',
        lines: ({ key }) => [
          `XGROUP CREATE ${key} audit 0`,
          `XREADGROUP GROUP audit worker-1 COUNT 2 STREAMS ${key} >`,
        ],
      },
      { label: 'Remove the oldest', lines: ({ key, size }) => [`XTRIM ${key} MAXLEN ${size - 1}`] },
    ],
  },
};
