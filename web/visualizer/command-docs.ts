/**
 * COMMAND DOCS, read into what the command line shows: names for completion, a syntax line, one
 * sentence. Containers (CONFIG, OBJECT ...) bring their subcommands along.
 */
import type { PublicReply } from '../client/reply-error.ts';
import { fieldsOf, textOf } from './inspect-reply.ts';

export interface CommandDoc {
  /** As typed: "OBJECT ENCODING". */
  readonly name: string;
  readonly summary: string;
  readonly complexity: string;
  readonly since: string;
  /** "key value [NX | XX] [GET]" */
  readonly syntax: string;
  readonly isContainer: boolean;
}

function fieldText(fields: Map<string, PublicReply>, name: string): string {
  const value = fields.get(name);
  return value === undefined || value === null ? '' : textOf(value);
}

function listOf(reply: PublicReply | undefined): PublicReply[] {
  return Array.isArray(reply) ? reply : [];
}

function argumentText(reply: PublicReply): string {
  const fields = fieldsOf(reply);
  const flags = listOf(fields.get('flags')).map(textOf);
  const token = fieldText(fields, 'token');
  const parts = listOf(fields.get('arguments')).map(argumentText);
  const type = fieldText(fields, 'type');
  const name = fieldText(fields, 'display_text') || fieldText(fields, 'name');
  let text = name;
  if (type === 'pure-token') text = token;
  else if (type === 'oneof') text = parts.join(' | ');
  else if (type === 'block') text = parts.join(' ');
  const isOptional = flags.includes('optional');
  if (type === 'oneof' && (!isOptional || token !== '') && parts.length > 1) text = `<${text}>`;
  if (token !== '' && type !== 'pure-token') text = `${token} ${text}`;
  if (flags.includes('multiple')) text = `${text} [${text} ...]`;
  return isOptional ? `[${text}]` : text;
}

function readOne(rawName: string, reply: PublicReply, found: CommandDoc[]): void {
  const fields = fieldsOf(reply);
  const subcommands = fields.get('subcommands');
  const isContainer = subcommands !== undefined && subcommands !== null;
  found.push({
    name: rawName.replace('|', ' ').toUpperCase(),
    summary: fieldText(fields, 'summary'),
    complexity: fieldText(fields, 'complexity'),
    since: fieldText(fields, 'since'),
    syntax: listOf(fields.get('arguments')).map(argumentText).join(' '),
    isContainer,
  });
  if (!isContainer) return;
  for (const [name, sub] of fieldsOf(subcommands)) readOne(name, sub, found);
}

/** Sorted by name. */
export function readCommandDocs(reply: PublicReply): CommandDoc[] {
  const found: CommandDoc[] = [];
  for (const [name, doc] of fieldsOf(reply)) readOne(name, doc, found);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The command whose words begin the line, the longest one: "object encoding x". */
export function docOf(docs: readonly CommandDoc[], line: string): CommandDoc | undefined {
  const words = line.trim().toUpperCase().split(/\s+/);
  const byName = (name: string): CommandDoc | undefined => docs.find((doc) => doc.name === name);
  return (
    (words.length > 1 ? byName(`${words[0]} ${words[1]}`) : undefined) ?? byName(words[0] ?? '')
  );
}

/** Names that the line may become, most likely first; none once its command is complete. */
export function completions(docs: readonly CommandDoc[], line: string, most = 8): CommandDoc[] {
  const typed = line.trimStart().toUpperCase().replace(/\s+/g, ' ');
  if (typed === '') return [];
  const wanted = docs.filter(({ name, isContainer }) => name.startsWith(typed) && !isContainer);
  if (wanted.length === 1 && wanted[0]?.name === typed.trimEnd()) return [];
  return wanted.slice(0, most);
}
