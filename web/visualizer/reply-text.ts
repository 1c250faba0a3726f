/**
 * Replies as redis-cli prints them. Bytes that are no printable text are escaped (\x00), so a value
 * can neither end a line nor look like another reply.
 */
import { WadictError } from '../errors.ts';
import type { PublicReply } from '../client/reply-error.ts';

const kNamed: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\x07': '\\a',
  '"': '\\"',
  '\\': '\\\\',
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const kControl = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

function escapeText(text: string): string {
  return text.replace(kControl, (unit) => {
    const named = kNamed[unit];
    if (named !== undefined) return named;
    return [...new TextEncoder().encode(unit)].map(hex).join('');
  });
}

/** Bytes for reading: text where it is text, \xHH elsewhere. Without quotes. */
export function printable(bytes: Uint8Array): string {
  try {
    return escapeText(strict.decode(bytes));
  } catch {
    let out = '';
    for (const byte of bytes) {
      out += byte < 0x80 ? escapeText(String.fromCharCode(byte)) : hex(byte);
    }
    return out;
  }
}

export type LineKind = 'value' | 'status' | 'number' | 'nil' | 'error';

export function kindOf(reply: PublicReply): LineKind {
  if (reply instanceof WadictError) return 'error';
  if (reply === null) return 'nil';
  if (typeof reply === 'number' || typeof reply === 'bigint') return 'number';
  return typeof reply === 'string' ? 'status' : 'value';
}

/** Commands whose reply is a text of many lines, which redis-cli prints as it is. */
const kReports: ReadonlySet<string> = new Set([
  'INFO',
  'LOLWUT',
  'DEBUG HTSTATS',
  'DEBUG HTSTATS-KEY',
  'CLIENT LIST',
  'CLIENT INFO',
  'CLUSTER INFO',
  'CLUSTER NODES',
  'MEMORY DOCTOR',
]);

export function isReport(words: readonly string[], reply: PublicReply): reply is Uint8Array {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  return reply instanceof Uint8Array && (kReports.has(first) || kReports.has(`${first} ${second}`));
}

/** A report with its lines; nothing in it but line ends can lead the eye astray. */
export function reportText(report: Uint8Array): string {
  return escapeLines(new TextDecoder().decode(report).replaceAll('\r\n', '\n'));
}

/** `reply` comes from callBuffer: bulk strings are bytes, strings are simple ones. */
export function replyText(reply: PublicReply, indent = ''): string {
  if (reply === null) return '(nil)';
  if (reply instanceof WadictError) return `(error) ${reply.message}`;
  if (reply instanceof Uint8Array) return `"${printable(reply)}"`;
  if (typeof reply === 'string') return escapeLines(reply);
  if (typeof reply === 'boolean') return reply ? '(true)' : '(false)';
  if (typeof reply === 'number') {
    return Number.isInteger(reply) ? `(integer) ${reply}` : `(double) ${reply}`;
  }
  if (typeof reply === 'bigint') return `(integer) ${reply}`;
  if (reply instanceof Map) return mapText(reply, indent);
  return listText(reply, indent);
}

/** A simple or verbatim string keeps its lines, nothing else that could mislead. */
function escapeLines(text: string): string {
  return text
    .replace(/\r?\n$/, '')
    .replace(/[\p{Cc}\p{Cf}]/gu, (unit) => (unit === '\n' ? unit : escapeText(unit)));
}

function listText(items: readonly PublicReply[], indent: string): string {
  if (items.length === 0) return '(empty array)';
  const width = String(items.length).length;
  return items
    .map((item, i) => {
      const number = `${String(i + 1).padStart(width)}) `;
      const text = replyText(item, indent + ' '.repeat(number.length));
      return `${i === 0 ? '' : indent}${number}${text}`;
    })
    .join('\n');
}

function mapText(map: Map<PublicReply, PublicReply>, indent: string): string {
  if (map.size === 0) return '(empty hash)';
  const width = String(map.size).length;
  return [...map]
    .map(([name, value], i) => {
      const number = `${String(i + 1).padStart(width)}# `;
      const label = `${number}${replyText(name, indent)} => `;
      const isNested = value instanceof Map || (Array.isArray(value) && value.length > 0);
      const inner = indent + ' '.repeat(number.length);
      const text = isNested ? `\n${inner}${replyText(value, inner)}` : replyText(value, inner);
      return `${i === 0 ? '' : indent}${label}${text}`;
    })
    .join('\n');
}
