/**
 * The chapters: a sentence, the lines of C++ that do it, and a button that shows it on the live
 * store; at the end a task that checks itself and, where there is one, a scenario played in the
 * lab.
 */
import { byId, button, element, setText } from './dom.ts';
import type { Chapter, ChapterStep, Task } from './chapter.ts';
import type { ScenarioResult } from './lab/scenario.ts';

export interface ChaptersPanelOptions {
  /** Types lines into the command line. */
  readonly run: (lines: readonly string[]) => Promise<void>;
  /** The reply to a command as the command line prints it. */
  readonly ask: (line: string) => Promise<string>;
  readonly play: (scenario: string) => Promise<ScenarioResult | null>;
}

interface CodeLine {
  readonly number: number;
  readonly text: string;
  readonly isMarked: boolean;
}

type BuiltStep = Omit<ChapterStep, 'code'> & {
  readonly code: { readonly file: string; readonly lines: readonly CodeLine[] };
};
type BuiltChapter = Omit<Chapter, 'steps'> & { readonly steps: readonly BuiltStep[] };

interface Built {
  readonly chapters: readonly BuiltChapter[];
  readonly scenarios: Readonly<Record<string, string>>;
}

export class ChaptersPanel {
  readonly #options: ChaptersPanelOptions;
  readonly #body = byId('chapter', HTMLElement);
  readonly #list = byId('chapters', HTMLElement);
  #built: Promise<Built> | undefined;

  constructor(options: ChaptersPanelOptions) {
    this.#options = options;
    for (const choice of this.#list.querySelectorAll('button')) {
      choice.addEventListener('click', () => void this.open(choice.dataset['chapter'] ?? ''));
    }
  }

  async open(id: string): Promise<void> {
    this.#built ??= fetch('chapters.json').then((answer) => answer.json() as Promise<Built>);
    const built = await this.#built;
    const chapter = built.chapters.find((each) => each.id === id);
    if (chapter === undefined) return;
    for (const choice of this.#list.querySelectorAll('button')) {
      choice.setAttribute('aria-pressed', String(choice.dataset['chapter'] === id));
    }
    this.#show(built, chapter, 0);
  }

  #show(built: Built, chapter: BuiltChapter, number: number): void {
    const step = chapter.steps[number];
    const go = (to: number) => (): void => this.#show(built, chapter, to);
    const back = button('Back', go(number - 1));
    back.disabled = number === 0;
    const isLast = step === undefined;
    const next = button('Next', go(number + 1), 'primary');
    const place = isLast ? 'Try it' : `Step ${number + 1} of ${chapter.steps.length}`;
    const head = element('p', { class: 'hint' }, `${chapter.title} · ${place}`);
    const parts = isLast ? this.#end(built, chapter) : this.#step(step);
    const controls = element('div', { class: 'row' }, back, ...(isLast ? [] : [next]));
    this.#body.replaceChildren(head, ...parts, controls);
  }

  #step({ sentence, code, run }: BuiltStep): HTMLElement[] {
    const lines = code.lines.map(({ number, text, isMarked }) =>
      element(
        'li',
        { 'data-marked': isMarked },
        element('span', { class: 'index', 'aria-hidden': 'true' }, String(number)),
        element('code', {}, text === '' ? ' ' : text),
      ),
    );
    const label = `${code.file}, from line ${code.lines[0]?.number ?? 0}`;
    const show = button(`Show me: ${run.join(', ')}`, () => void this.#options.run(run));
    return [
      element('p', { class: 'sentence' }, sentence),
      element('p', { class: 'hint' }, label),
      element('ol', { class: 'source-lines', 'aria-label': label, tabindex: 0 }, ...lines),
      show,
    ];
  }

  #end(built: Built, chapter: BuiltChapter): HTMLElement[] {
    const parts = [this.#task(chapter.task)];
    const text = chapter.scenario === undefined ? undefined : built.scenarios[chapter.scenario];
    if (text !== undefined) parts.push(this.#scenario(text));
    return parts;
  }

  #task({ text, check, expect }: Task): HTMLElement {
    const verdict = element('p', { class: 'verdict', role: 'status' });
    const run = button('Check', () => {
      void this.#options.ask(check).then((reply) => {
        const isDone = new RegExp(expect).test(reply);
        verdict.dataset['state'] = isDone ? 'ok' : 'bad';
        setText(verdict, isDone ? '✓ Done.' : `Not yet: ${check} answers ${reply.slice(0, 120)}`);
      });
    });
    return element(
      'div',
      { class: 'task' },
      element('p', { class: 'sentence' }, text),
      run,
      verdict,
    );
  }

  #scenario(text: string): HTMLElement {
    const [title = ''] = text.split('\n');
    const list = element('ol', { class: 'scenario', 'aria-label': 'Scenario' });
    const verdict = element('p', { class: 'verdict', role: 'status' });
    const run = button('Play it in the lab', () => {
      void this.#options.play(text).then((result) => {
        if (result === null) return setText(verdict, 'The lab was interrupted; try again.');
        list.replaceChildren(...result.lines.map(scenarioLine));
        verdict.dataset['state'] = result.isRight ? 'ok' : 'bad';
        return setText(verdict, result.isRight ? '✓ Every reply is right.' : 'A reply differs.');
      });
    });
    return element(
      'div',
      { class: 'task' },
      element('p', { class: 'sentence' }, title.replace(/^# /, '')),
      run,
      list,
      verdict,
    );
  }
}

function scenarioLine({ text, expected, actual }: ScenarioResult['lines'][number]): HTMLElement {
  const isRight = expected === undefined || expected === actual;
  const reply = expected === undefined ? '' : `${isRight ? '✓' : '✗'} ${actual}`;
  return element(
    'li',
    { 'data-right': String(isRight) },
    element('code', {}, text),
    element('span', {}, reply),
  );
}
