// What the TypeScript tests use of transcript.mjs.
export interface Exchange {
  line: number;
  session: number;
  arrives: boolean;
  command: string;
  reply: string[];
  unordered: boolean;
  ours: boolean;
  advanceMs: number;
}
export function parseTranscript(text: string): { slots: boolean; exchanges: Exchange[] };
export function splitCommand(line: string): Uint8Array[];
/** One element of a reply; null: it is not complete. */
export function printReply(raw: Uint8Array): { lines: string[]; used: number } | null;
export function replyMatches(exchange: Exchange, actual: string[]): boolean;
