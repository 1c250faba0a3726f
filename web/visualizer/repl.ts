/**
 * The command line: history, completion and syntax from COMMAND DOCS, replies as redis-cli prints
 * them. Everything that comes from the store is set as text.
 */
import { WadictError } from '../errors.ts';
import type { Client } from '../client/client.ts';
import type { PublicReply } from '../client/reply-error.ts';
import { type CommandDoc, completions, docOf, readCommandDocs } from './command-docs.ts';
import { element } from './dom.ts';
import type { PageClock } from './page-clock.ts';
import { isReport, kindOf, replyText, reportText } from './reply-text.ts';
import { splitArguments } from './repl-syntax.ts';

export interface ReplOptions {
  readonly form: HTMLFormElement;
  readonly input: HTMLInputElement;
  readonly log: HTMLElement;
  readonly list: HTMLUListElement;
  readonly syntax: HTMLElement;
  readonly clock: PageClock;
  readonly store: () => Client | null;
  /** Resolves when commands may be sent. */
  readonly ready: () => Promise<void>;
  /** Told of each command as it is sent. */
  readonly onSend: (words: readonly (string | Uint8Array)[]) => void;
  /** After each command, with its words and its reply. */
  readonly onRun: (words: readonly string[], reply: PublicReply) => Promise<void>;
}

const kLinesMost = 400;
const kHistoryMost = 200;

export class Repl {
  readonly #options: ReplOptions;
  readonly #hint: readonly Node[];
  #docs: Promise<readonly CommandDoc[]> | null = null;
  #history: string[] = [];
  #at = 0;
  #draft = '';
  #found: readonly CommandDoc[] = [];
  #chosen = -1;
  #isScrollPlanned = false;
  /** Of the last reply. */
  #number = 0;

  constructor(options: ReplOptions) {
    this.#options = options;
    const { form, input } = options;
    this.#hint = [...options.syntax.childNodes];
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('input', () => {
      this.#chosen = -1;
      void this.#suggest();
    });
    input.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text') ?? '';
      const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
      if (lines.length < 2) return;
      event.preventDefault(); // several lines are several commands
      void this.runAll(lines);
    });
    input.addEventListener('focus', () => void this.#suggest());
  }

  focus(): void {
    this.#options.input.focus();
    this.#options.input.select();
  }

  clear(): void {
    this.#options.log.replaceChildren();
  }

  /** The reply to a line as it would be printed; nothing is printed. */
  async ask(line: string): Promise<string> {
    return replyText(await this.#ask(splitArguments(line) ?? []));
  }

  /** Runs lines one after the other, as if they had been typed. */
  async runAll(lines: readonly string[]): Promise<void> {
    for (const line of lines) await this.run(line);
  }

  /** Runs a line as if it had been typed. */
  async run(line: string): Promise<void> {
    const words = splitArguments(line);
    const typed = element('p', { class: 'typed' }, line);
    let reply: PublicReply;
    if (words === null) reply = new WadictError('SYNTAX', 'ERR unbalanced quotes in request');
    else if (words.length === 0) return;
    else reply = await this.#ask(words);
    const names = (words ?? []).map((word) => (typeof word === 'string' ? word : ''));
    const shown = isReport(names, reply) ? reportText(reply) : replyText(reply);
    const text = element('p', { class: 'reply', 'data-kind': kindOf(reply) }, shown);
    this.#append(element('div', { 'data-number': ++this.#number }, typed, text));
    await this.#options.onRun(names, reply);
  }

  async #ask(words: (string | Uint8Array)[]): Promise<PublicReply> {
    const [name = '', ...rest] = words;
    try {
      await this.#options.ready();
      const db = this.#options.store();
      if (db === null) throw new WadictError('CLOSED', 'the store is not open');
      const command = typeof name === 'string' ? name : new TextDecoder().decode(name);
      this.#options.onSend(words);
      return await db.callBuffer(command, ...rest);
    } catch (error) {
      if (error instanceof WadictError) return error;
      throw error;
    }
  }

  #append(item: HTMLElement): void {
    const { log } = this.#options;
    log.append(item);
    while (log.childElementCount > kLinesMost) log.firstElementChild?.remove();
    if (this.#isScrollPlanned) return;
    this.#isScrollPlanned = true; // once a frame: asking for the height lays the whole list out
    this.#options.clock.frame(() => {
      this.#isScrollPlanned = false;
      log.scrollTop = log.scrollHeight;
    });
  }

  async #submit(): Promise<void> {
    const { input } = this.#options;
    const line = input.value.trim();
    if (line === '') return;
    input.value = '';
    if (this.#history.at(-1) !== line) this.#history.push(line);
    if (this.#history.length > kHistoryMost) this.#history.shift();
    this.#at = this.#history.length;
    this.#draft = '';
    this.#chosen = -1;
    await this.#suggest();
    await this.run(line);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = this.#found.length > 0;
    switch (event.key) {
      case 'Tab':
        if (!isOpen || event.shiftKey) return;
        this.#choose(Math.max(0, this.#chosen));
        break;
      case 'ArrowUp':
        this.#recall(-1);
        break;
      case 'ArrowDown':
        this.#recall(1);
        break;
      case 'ArrowRight':
        if (!isOpen || !this.#isAtEnd()) return;
        this.#mark((this.#chosen + 1) % this.#found.length);
        break;
      case 'Escape':
        this.#found = [];
        this.#drawList();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #isAtEnd(): boolean {
    const { input } = this.#options;
    return input.selectionStart === input.value.length;
  }

  #recall(by: 1 | -1): void {
    const { input } = this.#options;
    if (this.#at === this.#history.length) this.#draft = input.value;
    this.#at = Math.max(0, Math.min(this.#history.length, this.#at + by));
    input.value = this.#history[this.#at] ?? this.#draft;
    input.setSelectionRange(input.value.length, input.value.length);
    void this.#suggest();
  }

  #mark(chosen: number): void {
    this.#chosen = chosen;
    this.#drawList();
  }

  #choose(number: number): void {
    const { input } = this.#options;
    const doc = this.#found[number];
    if (doc === undefined) return;
    input.value = `${doc.name} `;
    this.#chosen = -1;
    input.focus();
    void this.#suggest();
  }

  async #suggest(): Promise<void> {
    const docs = await this.#loadDocs();
    const line = this.#options.input.value;
    this.#found = docs === null ? [] : completions(docs, line);
    this.#drawList();
    this.#drawSyntax(docs === null ? undefined : docOf(docs, line));
  }

  /** Asked for once; again if the store went away before it answered. */
  async #loadDocs(): Promise<readonly CommandDoc[] | null> {
    const db = this.#options.store();
    if (this.#docs === null && db !== null)
      this.#docs = db.callBuffer('COMMAND', 'DOCS').then(readCommandDocs);
    try {
      return await this.#docs;
    } catch (error) {
      this.#docs = null;
      if (error instanceof WadictError) return null;
      throw error;
    }
  }

  #drawList(): void {
    const { list, input } = this.#options;
    const items = this.#found.map(({ name }, i) => {
      const isChosen = i === this.#chosen;
      const item = element(
        'li',
        { role: 'option', id: `completion-${i}`, 'aria-selected': String(isChosen) },
        name,
      );
      item.addEventListener('pointerdown', (event) => {
        event.preventDefault(); // the input keeps the focus
        this.#choose(i);
      });
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = items.length === 0;
    input.setAttribute('aria-expanded', String(items.length > 0));
    if (this.#chosen >= 0)
      input.setAttribute('aria-activedescendant', `completion-${this.#chosen}`);
    else input.removeAttribute('aria-activedescendant');
  }

  #drawSyntax(doc: CommandDoc | undefined): void {
    const { syntax } = this.#options;
    if (doc === undefined) return syntax.replaceChildren(...this.#hint);
    const complexity = doc.complexity === '' ? '' : ` ${doc.complexity}.`;
    return syntax.replaceChildren(
      element('b', {}, doc.name),
      ' ',
      element('span', { class: 'args' }, doc.syntax),
      element('br'),
      `${doc.summary}${complexity}`,
    );
  }
}
