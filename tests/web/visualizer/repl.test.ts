import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WadictError } from '../../../web/errors.ts';
import type { PublicReply } from '../../../web/client/reply-error.ts';
import { completions, docOf, readCommandDocs } from '../../../web/visualizer/command-docs.ts';
import { splitArguments } from '../../../web/visualizer/repl-syntax.ts';
import { isReport, printable, replyText, reportText } from '../../../web/visualizer/reply-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a line is split as redis-cli splits it', () => {
  const cases: [string, (string | Uint8Array)[] | null][] = [
    ['', []],
    ['  SET  a b ', ['SET', 'a', 'b']],
    ['SET a "two words"', ['SET', 'a', 'two words']],
    ["SET a 'single \\' quote'", ['SET', 'a', "single ' quote"]],
    ['SET a "\\n\\t\\"\\\\"', ['SET', 'a', '\n\t"\\']],
    ['SET a ""', ['SET', 'a', '']],
    ['SET a "\\x00\\xff"', ['SET', 'a', Uint8Array.of(0, 255)]],
    ['SET a "é\\x01"', ['SET', 'a', Uint8Array.of(0xc3, 0xa9, 1)]],
    ['SET pre"fix"', ['SET', 'prefix']],
    ['SET a "open', null],
    ["SET a 'open", null],
    ['SET a "b"c', null],
  ];
  for (const [line, expected] of cases) assert.deepEqual(splitArguments(line), expected, line);
});

test('replies read as in redis-cli', () => {
  const cases: [PublicReply, string][] = [
    ['OK', 'OK'],
    [null, '(nil)'],
    [7, '(integer) 7'],
    [1.5, '(double) 1.5'],
    [9007199254740993n, '(integer) 9007199254740993'],
    [bytes('a "b"'), '"a \\"b\\""'],
    [true, '(true)'],
    [[], '(empty array)'],
    [[bytes('a'), null, [1, 2]], '1) "a"\n2) (nil)\n3) 1) (integer) 1\n   2) (integer) 2'],
    [new Map<PublicReply, PublicReply>([[bytes('k'), 1]]), '1# "k" => (integer) 1'],
    [new WadictError('WRONGTYPE', 'WRONGTYPE Operation'), '(error) WRONGTYPE Operation'],
  ];
  for (const [reply, expected] of cases) assert.equal(replyText(reply), expected);
});

test('bytes cannot end a line or reorder text', () => {
  assert.equal(printable(Uint8Array.of(0, 10, 13, 255)), '\\x00\\n\\r\\xff');
  assert.equal(printable(bytes('\u202Eevil\u2028')), '\\xe2\\x80\\xaeevil\\xe2\\x80\\xa8');
  assert.equal(printable(bytes('<b>ü</b>')), '<b>ü</b>');
  assert.equal(replyText('a\r\nb\u202E\n'), 'a\\r\nb\\xe2\\x80\\xae');
});

test('reports keep their lines, and only replies of reporting commands are reports', () => {
  const report = bytes('# Keyspace\r\ndb0:keys=1\x07\r\n');
  assert.equal(reportText(report), '# Keyspace\ndb0:keys=1\\a');
  assert.equal(isReport(['debug', 'htstats', '0'], report), true);
  assert.equal(isReport(['GET', 'info'], report), false);
  assert.equal(isReport(['INFO'], 'OK'), false);
});

type Doc = Record<string, unknown>;
const reply = (value: unknown): PublicReply => {
  if (typeof value === 'string') return bytes(value);
  if (Array.isArray(value)) return value.map(reply);
  return new Map(Object.entries(value as Doc).map(([name, inner]) => [bytes(name), reply(inner)]));
};

const docs = readCommandDocs(
  reply({
    set: {
      summary: 'Sets a string.',
      since: '1.0.0',
      group: 'string',
      arguments: [
        { name: 'key', type: 'key' },
        { name: 'value', type: 'string' },
        {
          name: 'condition',
          type: 'oneof',
          flags: ['optional'],
          arguments: [
            { name: 'nx', type: 'pure-token', token: 'NX' },
            { name: 'xx', type: 'pure-token', token: 'XX' },
          ],
        },
        { name: 'seconds', type: 'integer', token: 'EX', flags: ['optional'] },
      ],
    },
    setex: { summary: '', since: '', group: '' },
    del: { arguments: [{ name: 'key', type: 'key', flags: ['multiple'] }] },
    object: {
      summary: 'Container.',
      subcommands: { 'object|encoding': { summary: 'Its encoding.' } },
    },
  }),
);

test('COMMAND DOCS becomes syntax lines', () => {
  assert.equal(docOf(docs, 'set x')?.syntax, 'key value [NX | XX] [EX seconds]');
  assert.equal(docOf(docs, 'DEL')?.syntax, 'key [key ...]');
  assert.equal(docOf(docs, 'object encoding k')?.summary, 'Its encoding.');
  assert.equal(docOf(docs, 'nothing'), undefined);
});

test('completion offers names that begin so, subcommands of containers, and nothing when done', () => {
  const names = (line: string): string[] => completions(docs, line).map(({ name }) => name);
  assert.deepEqual(names('se'), ['SET', 'SETEX']);
  assert.deepEqual(names('obj'), ['OBJECT ENCODING']);
  assert.deepEqual(names('setex'), []);
  assert.deepEqual(names('setex a'), []);
  assert.deepEqual(names(''), []);
});
