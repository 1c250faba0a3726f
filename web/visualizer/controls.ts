/**
 * Buttons and keys of the whole page, and what they do. In the past a step goes on in it; whatever
 * writes goes on from the present.
 */
import { byId } from './dom.ts';
import type { CommandSource } from './generators.ts';
import { listenToKeys } from './keyboard.ts';
import type { Player } from './player.ts';
import type { Repl } from './repl.ts';
import type { Stage } from './stage.ts';
import type { TimeTravel } from './time-travel.ts';

export interface ControlsOptions {
  readonly player: Player;
  readonly time: TimeTravel;
  readonly stage: Stage;
  readonly repl: Repl;
  readonly source: () => CommandSource;
  readonly speedBy: (by: number) => void;
  readonly flush: () => void;
}

export function connectControls(options: ControlsOptions): void {
  const { player, time, stage, repl, source, speedBy, flush } = options;
  const on = (id: string, run: () => unknown): void => {
    byId(id, HTMLElement).addEventListener('click', () => void run());
  };
  const orForward = (forward: () => Promise<boolean>, run: () => unknown) => async () => {
    if (!(await forward())) void run();
  };
  const playOrPause = async (): Promise<void> => {
    if (player.isPlaying) return player.stop();
    await time.toPresent();
    void player.play(source());
  };
  const forward = (): Promise<boolean> => time.forward();
  const step = orForward(forward, () => player.step(source()));
  const stepRehash = orForward(forward, () => player.stepRehash());
  const toResize = orForward(
    () => time.toNextResize(),
    () => player.toResize(source()),
  );
  const help = (): void => byId('shortcuts', HTMLDialogElement).showModal();
  on('play', playOrPause);
  on('step', step);
  on('step-rehash', stepRehash);
  on('to-resize', toResize);
  on('clear-log', () => repl.clear());
  on('flush', flush);
  on('snapshot', () => repl.run('BGREWRITEAOF'));
  on('help', help);
  listenToKeys({
    ' ': () => void playOrPause(),
    ArrowRight: () => void step(),
    ArrowLeft: () => void time.back(),
    Home: () => void time.seek(0),
    End: () => void time.toPresent(),
    '<': () => speedBy(-1),
    '>': () => speedBy(1),
    r: flush,
    m: () => void stepRehash(),
    n: () => void toResize(),
    '+': () => stage.zoomBy(0.5),
    '=': () => stage.zoomBy(0.5),
    '-': () => stage.zoomBy(2),
    0: () => stage.fit(),
    '/': () => repl.focus(),
    '?': help,
  });
}
