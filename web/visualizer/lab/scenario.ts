/**
 * Scenarios: small files that say which commands are sent and what must come back. The page plays
 * them, the README shows them, the tests run them: one file for all three.
 *
 *   # what it is about, first line
 *   > SET lock:report worker-1 NX EX 30      a command
 *   OK                                       its reply, as redis-cli prints it (to the next)
 *   2> BLPOP jobs 0                          the same of a second client; no reply: it waits
 *   2<                                       what has reached that client since
 *   @advance 31 s                            time goes on (s or ms)
 *   @clients 50 times 100                    the next command is sent so often, by so many
 *   > INCR hits                              at once; it has no reply line: each must be no error
 */
import { toPublicReply } from '../../client/reply-error.ts';
import type { EnginePort } from '../../engine/engine-port.ts';
import { INCOMPLETE, ReplyDecoder } from '../../resp/decode.ts';
import { encodeRequest } from '../../resp/encode.ts';
import { ErrorReply } from '../../resp/reply.ts';
import { splitArguments } from '../repl-syntax.ts';
import { replyText } from '../reply-text.ts';

export interface ScenarioLine {
  readonly text: string;
  /** Undefined: nothing to compare (time went on). */
  readonly expected: string | undefined;
  readonly actual: string;
}

export interface ScenarioResult {
  readonly title: string;
  readonly lines: readonly ScenarioLine[];
  readonly isRight: boolean;
}

interface Line {
  readonly text: string;
  readonly expected: string[];
}

/** @throws SyntaxError for a line that is none of those above */
function readLines(text: string): { title: string; lines: Line[] } {
  const [first = '', ...rest] = text.trim().split('\n');
  const lines: Line[] = [];
  for (const line of rest) {
    if (/^(\d?>|\d<$|@)/.test(line)) lines.push({ text: line, expected: [] });
    else if (lines.length > 0) lines.at(-1)!.expected.push(line);
    else throw new SyntaxError(`a scenario does not begin with '${line}'`);
  }
  if (!first.startsWith('# ')) throw new SyntaxError('a scenario begins with # and its title');
  return { title: first.slice(2), lines };
}

/** Plays a scenario on an engine of its own, whose time begins at `startMs`. */
export function playScenario(text: string, engine: EnginePort, startMs: number): ScenarioResult {
  const { title, lines } = readLines(text);
  let nowMs = startMs;
  let [clients, times] = [1, 1];
  const sessions = new Map<string, number>();
  const sessionOf = (client: string): number => {
    const session = sessions.get(client) ?? engine.openSession();
    sessions.set(client, session);
    return session;
  };
  const played = lines.map(({ text, expected }): ScenarioLine => {
    const advance = /^@advance (\d+) (s|ms)$/.exec(text);
    if (advance !== null) {
      nowMs += Number(advance[1]) * (advance[2] === 's' ? 1000 : 1);
      return { text, expected: undefined, actual: '' };
    }
    const many = /^@clients (\d+) times (\d+)$/.exec(text);
    if (many !== null) {
      [clients, times] = [Number(many[1]), Number(many[2])];
      return { text, expected: undefined, actual: '' };
    }
    const [, client = '', mark, words = ''] = /^(\d?)(> |<$)(.*)$/.exec(text) ?? [];
    if (mark === undefined) throw new SyntaxError(`'${text}' is no line of a scenario`);
    const session = sessionOf(client);
    if (mark === '<') {
      const actual = printed(engine.drain(session).bytes);
      return { text, expected: expected.join('\n'), actual };
    }
    const request = encodeRequest(splitArguments(words) ?? []);
    if (clients * times === 1) {
      return { text, expected: expected.join('\n'), actual: ask(engine, session, request, nowMs) };
    }
    const failed = crowd(engine, request, clients, times, nowMs);
    [clients, times] = [1, 1];
    return { text, expected: 'every reply right', actual: failed ?? 'every reply right' };
  });
  const isRight = played.every(
    ({ expected, actual }) => expected === undefined || expected === actual,
  );
  return { title, lines: played, isRight };
}

/** Clients in turn, one command each, `times` rounds. The first error, if there is one. */
function crowd(
  engine: EnginePort,
  request: Uint8Array,
  clients: number,
  times: number,
  nowMs: number,
): string | undefined {
  const sessions = Array.from({ length: clients }, () => engine.openSession());
  let failed: string | undefined;
  for (let round = 0; round < times; round++) {
    for (const session of sessions) {
      const reply = ask(engine, session, request, nowMs);
      if (reply.startsWith('(error)')) failed ??= reply;
    }
  }
  for (const session of sessions) engine.closeSession(session);
  return failed;
}

function ask(engine: EnginePort, session: number, request: Uint8Array, nowMs: number): string {
  return printed(engine.execute(session, request, nowMs).bytes);
}

/** One reply as redis-cli prints it; nothing for none. */
function printed(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const decoder = new ReplyDecoder();
  decoder.push(bytes);
  const reply = decoder.next(true); // bytes: text is quoted, a status is not
  if (reply === INCOMPLETE) throw new Error('half a reply');
  return reply instanceof ErrorReply ? `(error) ${reply.message}` : replyText(toPublicReply(reply));
}
