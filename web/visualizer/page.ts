/**
 * The page: puts the store, the picture, the player and the panels together. All state is in them;
 * here is who tells whom.
 */
import { WadictError } from '../errors.ts';
import type { StoreStatus } from '../transport.ts';
import type { Client } from '../client/client.ts';
import type { Drawn } from './canvas-view.ts';
import { connectControls } from './controls.ts';
import { probeOf, recorder } from './debug-seam.ts';
import { button, byId, formatNumber, messageOf, setText } from './dom.ts';
import { FilesPanel } from './files-panel.ts';
import { type Frame, isOther } from './frame.ts';
import { FrameSource } from './frame-source.ts';
import { KeyPanel } from './key-panel.ts';
import { LabPanels } from './lab-panels.ts';
import type { PageClock } from './page-clock.ts';
import { isDurability, type PageOptions, searchOf } from './page-options.ts';
import { Panels } from './panels.ts';
import { Player } from './player.ts';
import { PlugPanel } from './plug-panel.ts';
import { Repl } from './repl.ts';
import { sharedSource } from './share.ts';
import { Sources } from './sources.ts';
import { isTeaching, msPerMove, speedAt } from './speed.ts';
import { Stage } from './stage.ts';
import { hashSeed, StoreSession } from './store-session.ts';
import { TimeTravel } from './time-travel.ts';
import { VerifyBadge } from './verify-badge.ts';
import { WordnetPanel, type WordnetPanelOptions } from './wordnet-panel.ts';

export class Page {
  readonly #clock: PageClock;
  readonly #session: StoreSession;
  readonly #stage: Stage;
  readonly #frames: FrameSource;
  readonly #player: Player;
  readonly #panels: Panels;
  readonly #key: KeyPanel;
  readonly #repl: Repl;
  readonly #speed = byId('speed', HTMLInputElement);
  readonly #durability = byId('durability', HTMLSelectElement);
  readonly #badge: VerifyBadge;
  readonly #sources: Sources;
  readonly #time: TimeTravel;
  readonly #lab: LabPanels;
  #options: PageOptions;
  #isUnplugged = false;

  constructor(options: PageOptions, clock: PageClock) {
    this.#options = options;
    this.#clock = clock;
    this.#session = new StoreSession(options);
    const motion = matchMedia('(prefers-reduced-motion: reduce)');
    const drawn: Drawn[] = [];
    this.#stage = new Stage({
      clock,
      isReduced: () => motion.matches,
      onLook: () => this.#frames?.request(),
      onPick: (hit) => void this.#key.showBucket(hit),
      onDrawn: options.isDebug ? recorder(drawn) : undefined,
    });
    this.#time = new TimeTravel({
      clock,
      live: this.#store,
      stop: () => this.#player.stop(),
      look: (isNext) => this.#lookAgain(isNext),
      tell: (sentence) => this.#stage.tell(sentence),
    });
    const viewed = () => this.#time.viewed();
    this.#frames = new FrameSource({
      clock,
      store: viewed,
      position: () => this.#time.history.count,
      looked: () => ({ view: this.#stage.view.view, ...this.#stage.view.size }),
      onFrame: (before, frame) => this.#onFrame(before, frame),
    });
    this.#key = new KeyPanel({
      body: byId('detail', HTMLElement),
      input: byId('key', HTMLInputElement),
      form: byId('key-form', HTMLFormElement),
      clock,
      store: viewed,
      onFound: (hit) => (hit === null ? this.#stage.view.select(null) : this.#stage.pick(hit)),
      run: (line) => this.#repl.run(line),
    });
    this.#panels = new Panels({
      clock,
      store: this.#store,
      key: () => this.#key,
      inside: () => this.#lab.inside,
    });
    this.#badge = new VerifyBadge({ store: viewed, look: () => this.#frames.pull() });
    this.#sources = new Sources({
      seed: options.seed,
      keys: () => this.#frames.current?.tables.keys ?? 0,
      asker: {
        scan: async (cursor, count) => this.#session.db?.scan(cursor, { count }) ?? ['0', []],
      },
    });
    this.#player = this.#makePlayer();
    this.#repl = this.#makeRepl();
    this.#lab = new LabPanels({
      clock,
      history: this.#time.history,
      position: () => this.#time.position,
      repl: this.#repl,
      show: (key) => this.#key.showKey(key),
    });
    this.#session.onStatus((status) => this.#onStatus(status));
    if (options.isDebug) {
      const probe = probeOf(this.#stage.view, this.#frames, this.#time, drawn);
      Object.defineProperty(window, 'wadictPage', { value: probe });
    }
    this.#listen();
  }

  /** Opens the store, or says why that is not possible and what can be done. */
  async open(ifLocked: 'fail' | 'wait' = 'fail'): Promise<void> {
    const banner = byId('banner', HTMLElement);
    banner.hidden = true;
    try {
      await this.#session.open(this.#options.durability, ifLocked);
      await this.#opened();
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Does the operations of a shared session again, from an empty store on. */
  async repeat(requests: Uint8Array): Promise<void> {
    const { db } = this.#session;
    if (db === null) return;
    await db.flushall();
    await this.#beginAnew();
    await this.#player.repeat(sharedSource(requests));
    this.#changed();
  }

  readonly #store = (): { db: Client; database: number } | null => {
    const { db, database } = this.#session;
    return db === null ? null : { db, database };
  };

  async #opened(): Promise<void> {
    await this.#beginAnew();
    await this.#frames.pull();
    this.#changed();
  }

  /** Another store, or other contents as a whole. */
  async #beginAnew(): Promise<void> {
    this.#player.storeChanged();
    this.#sources.reset();
    await this.#time.begin(hashSeed(this.#options.seed));
    this.#frames.reset();
    await this.#player.hold(isTeaching(this.#currentSpeed()));
  }

  /** Another moment is looked at. */
  async #lookAgain(isNext: boolean): Promise<Frame | null> {
    if (!isNext) this.#frames.reset();
    const frame = await this.#frames.pull();
    await this.#stage.view.settled();
    void this.#key.refresh();
    return frame;
  }

  #refused(error: unknown): void {
    const banner = byId('banner', HTMLElement);
    const actions = byId('banner-actions', HTMLElement);
    const isLocked = error instanceof WadictError && error.code === 'LOCKED';
    const text = isLocked
      ? 'Another tab of this browser has the store open. One tab writes at a time.'
      : `The store could not be opened: ${messageOf(error)}`;
    setText(byId('banner-text', HTMLElement), text);
    const again = button(isLocked ? 'Wait for it' : 'Try again', () => {
      void this.open(isLocked ? 'wait' : 'fail');
    });
    actions.replaceChildren(again);
    banner.hidden = false;
    this.#setState('bad', isLocked ? 'open elsewhere' : 'not open');
  }

  // -- what others tell

  #onFrame(before: Frame | null, frame: Frame): void {
    this.#time.seen(frame);
    this.#lab.request();
    const speed = this.#currentSpeed();
    const isTold = isTeaching(speed) && this.#player.isPlaying;
    const move = frame.tables.isPaused ? msPerMove(speed) || 300 : 0;
    this.#stage.show(before, frame, move, isTold);
    const isIdle = frame.tables.direction === 'none';
    byId('step-rehash', HTMLButtonElement).disabled = isIdle;
    if (before !== null && isOther(before, frame)) this.#badge.reset();
    // Nobody holds it: the engine's background steps go on, and the picture follows while they do.
    const isMoving = before === null || before.tables.stepsTotal !== frame.tables.stepsTotal;
    if (!isIdle && !frame.tables.isPaused && isMoving) this.#frames.request();
  }

  #onStatus(status: StoreStatus | null): void {
    this.#panels.persistence.setStatus(status);
    if (status === null) return this.#setState('busy', this.#isUnplugged ? 'unplugged' : 'opening');
    const words = {
      ok: 'stored',
      none: 'memory only',
      full: 'storage is full',
      degraded: 'degraded',
    };
    const medium = status.medium === 'indexeddb' ? 'IndexedDB' : status.medium;
    this.#setState(status.storage === 'ok' ? 'ok' : 'bad', `${words[status.storage]} · ${medium}`);
    // Keys that expired were changed by nobody here.
    this.#frames.request();
    this.#panels.request();
    return undefined;
  }

  /** Something may have been written. */
  #changed(): void {
    this.#frames.request();
    this.#panels.request();
  }

  #setState(state: string, text: string): void {
    const chip = byId('store-state', HTMLElement);
    chip.dataset['state'] = state;
    setText(chip.querySelector('span') as HTMLElement, text);
  }

  // -- parts

  #currentSpeed = () => speedAt(Number(this.#speed.value));

  #makePlayer(): Player {
    const play = byId('play', HTMLButtonElement);
    return new Player({
      clock: this.#clock,
      store: this.#store,
      speed: this.#currentSpeed,
      look: async () => {
        const frame = await this.#frames.pull();
        await this.#stage.view.settled();
        return frame;
      },
      touch: () => this.#changed(),
      onSend: (operations) => this.#time.history.record(operations),
      onHold: (command) => this.#time.history.recordExtra(command),
      onRound: (commands, ms) => {
        this.#panels.latency.add(commands, ms);
        this.#panels.request();
      },
      onPlaying: (isPlaying) => {
        play.setAttribute('aria-pressed', String(isPlaying));
        setText(play.querySelector('span') as HTMLElement, isPlaying ? 'Pause' : 'Play');
      },
      onCommand: (words, reply) => this.#stage.tell(`${words.join(' ')} → ${String(reply)}`),
      onError: (error) => {
        if (this.#session.db !== null) this.#stage.tell(`Stopped: ${messageOf(error)}`);
      },
    });
  }

  #makeRepl(): Repl {
    return new Repl({
      form: byId('repl-form', HTMLFormElement),
      input: byId('command', HTMLInputElement),
      log: byId('replies', HTMLElement),
      list: byId('completions', HTMLUListElement),
      syntax: byId('syntax', HTMLElement),
      clock: this.#clock,
      store: () => this.#session.db,
      ready: () => this.#time.toPresent(),
      onSend: (words) => this.#time.history.record([words]),
      onRun: async ([name = '', first = ''], reply) => {
        const isSelect = name.toUpperCase() === 'SELECT' && !(reply instanceof WadictError);
        if (isSelect) {
          this.#session.database = Number(first);
          this.#player.storeChanged();
          this.#frames.reset();
          await this.#player.hold(isTeaching(this.#currentSpeed()));
        }
        this.#changed();
        await this.#frames.pull();
        const isRehashing = this.#frames.current?.tables.direction !== 'none';
        if (isRehashing && this.#session.db !== null) await this.#player.payStep();
      },
    });
  }

  // -- controls

  #listen(): void {
    const speedBy = (by: number): void => {
      this.#speed.value = String(Number(this.#speed.value) + by);
      this.#speedChanged();
    };
    connectControls({
      player: this.#player,
      time: this.#time,
      stage: this.#stage,
      repl: this.#repl,
      source: () => this.#sources.named(byId('source', HTMLSelectElement).value),
      speedBy,
      flush: () => void this.#confirmFlush(),
    });
    this.#speed.addEventListener('input', () => this.#speedChanged());
    this.#durability.value = this.#options.durability;
    this.#durability.addEventListener('change', () => void this.#durabilityChanged());
    setText(
      byId('seed-line', HTMLElement),
      `Seed ${this.#options.seed}: the same address shows the same hashes and keys.`,
    );
    const play: WordnetPanelOptions['play'] = async (source, onTaken) => {
      await this.#time.toPresent();
      return this.#player.play(source, onTaken);
    };
    new FilesPanel({
      store: () => this.#session.db,
      play: (source) => play(source, () => {}),
      onReplaced: () => this.#replaced(),
    });
    new WordnetPanel({
      play,
      stop: () => this.#player.stop(),
      setSpeed: (position) => {
        this.#speed.value = String(position);
        this.#speedChanged();
      },
      tell: (sentence) => this.#stage.tell(sentence),
    });
    new PlugPanel({
      clock: this.#clock,
      store: () => this.#session.db,
      durability: () => this.#options.durability,
      before: async () => {
        await this.#player.stop();
        await this.#time.toPresent();
      },
      pull: () => {
        this.#isUnplugged = true;
        this.#session.pullPlug();
      },
      reopen: async () => {
        const again = await this.#session.open(this.#options.durability, 'wait');
        await this.#opened();
        return again;
      },
      after: (error) => {
        this.#isUnplugged = false;
        if (error !== undefined && this.#session.db === null) this.#refused(error);
        this.#changed();
      },
    });
    this.#speedChanged();
  }

  themeChanged(): void {
    this.#stage.view.themeChanged();
    this.#panels.latency.themeChanged();
    this.#lab.themeChanged();
  }

  #speedChanged(): void {
    const speed = this.#currentSpeed();
    setText(byId('speed-text', HTMLElement), speed.text);
    this.#speed.setAttribute('aria-valuetext', speed.text);
    void this.#player.hold(isTeaching(speed)).then(() => this.#frames.request());
  }

  #replaced(): void {
    void this.#beginAnew().then(() => this.#changed());
  }

  async #confirmFlush(): Promise<void> {
    const dialog = byId('confirm-flush', HTMLDialogElement);
    const keys = this.#frames.current?.tables.keys ?? 0;
    setText(
      byId('confirm-text', HTMLElement),
      `${formatNumber(keys)} keys are in this database. FLUSHALL empties all of them, stored ones too.`,
    );
    dialog.returnValue = 'cancel';
    dialog.showModal();
    await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
    if (dialog.returnValue !== 'delete') return;
    await this.#player.stop();
    await this.#repl.run('FLUSHALL');
    this.#replaced();
  }

  async #durabilityChanged(): Promise<void> {
    const { value } = this.#durability;
    if (!isDurability(value) || value === this.#options.durability) return;
    this.#options = { ...this.#options, durability: value };
    history.replaceState(null, '', searchOf(location.search, this.#options));
    await this.#player.stop();
    await this.#session.close();
    await this.open('wait');
  }
}
