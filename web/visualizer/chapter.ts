/** What a chapter of the page consists of. */

export interface CodePlace {
  readonly file: string;
  /** Text of the first line that is shown. */
  readonly from: string;
  readonly lines: number;
  /** Text of the line that is marked. */
  readonly mark: string;
}

export interface ChapterStep {
  readonly sentence: string;
  readonly code: CodePlace;
  /** Typed into the command line by "Show me". */
  readonly run: readonly string[];
}

export interface Task {
  readonly text: string;
  /** A command, and what its reply must match. */
  readonly check: string;
  readonly expect: string;
}

export interface Chapter {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly ChapterStep[];
  readonly task: Task;
  /** File below scenarios/ that the chapter plays. */
  readonly scenario?: string;
}

export const code = (file: string, from: string, lines: number, mark: string): CodePlace => ({
  file: `cpp/${file}`,
  from,
  lines,
  mark,
});
