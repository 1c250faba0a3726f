/**
 * Error replies -> WadictError. RESP has words and sentences, the API has codes: the word decides,
 * and for ERR the sentence. The message stays Redis's.
 */
import { WADICT_ERROR_CODES, WadictError, type WadictErrorCode } from '../errors.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';

const kCodeOfWord: Readonly<Record<string, WadictErrorCode>> = {
  BUSYKEY: 'BUSY_KEY',
  EXECABORT: 'EXEC_ABORT',
  NOAUTH: 'NO_AUTH',
  WRONGPASS: 'NO_AUTH',
  NOPERM: 'NO_PERMISSION',
  MISCONF: 'QUOTA_EXCEEDED',
};

/** First match wins. */
const kCodeOfText: readonly (readonly [RegExp, WadictErrorCode])[] = [
  [/^wrong number of arguments/, 'WRONG_ARITY'],
  [/^unknown (sub)?command/i, 'UNKNOWN_COMMAND'],
  [/^unknown .*subcommand/i, 'UNKNOWN_COMMAND'],
  [/syntax error|^Protocol error/, 'SYNTAX'],
  [/exceeds maximum allowed size/, 'VALUE_TOO_LARGE'],
  [/not an integer|hash value is not an integer/, 'NOT_INTEGER'],
  [/not a (valid )?float/, 'NOT_FLOAT'],
  [/no such key/, 'NO_SUCH_KEY'],
  [/out of range|overflow|invalid expire time|NaN or Infinity|must be positive/, 'OUT_OF_RANGE'],
];

export function errorCodeOf(reply: ErrorReply): WadictErrorCode {
  const { word } = reply;
  if ((WADICT_ERROR_CODES as readonly string[]).includes(word)) return word as WadictErrorCode;
  if (Object.hasOwn(kCodeOfWord, word)) return kCodeOfWord[word]!;
  const text = reply.message.slice(word.length + 1);
  if (word === 'ERR') {
    for (const [pattern, code] of kCodeOfText) if (pattern.test(text)) return code;
  }
  return 'REPLY';
}

export function toWadictError(
  reply: ErrorReply,
  details: { command?: string | undefined; key?: string | undefined } = {},
): WadictError {
  return new WadictError(errorCodeOf(reply), reply.message, details);
}

/** A reply as users see it: an error inside an array (EXEC's reply) is a WadictError in place. */
export type PublicReply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | WadictError
  | PublicReply[]
  | Map<PublicReply, PublicReply>;

/** Changes arrays in place: the reply was made for this call. REQUIRES: not an error itself. */
export function toPublicReply(reply: Reply): PublicReply {
  if (reply instanceof ErrorReply) return toWadictError(reply);
  if (reply instanceof Map) {
    for (const [name, item] of reply) reply.set(name, toPublicReply(item) as Reply);
  } else if (Array.isArray(reply)) {
    for (let i = 0; i < reply.length; i++) {
      const item = reply[i]!;
      if (typeof item === 'object' && item !== null) reply[i] = toPublicReply(item) as Reply;
    }
  }
  return reply as PublicReply;
}
