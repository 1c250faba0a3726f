/**
 * The picture: two canvas layers in one box, drawn at the browser's frames only while something
 * changes. It is handed frames; it never asks the engine.
 */
import { paintAir, type Spark } from './canvas-air.ts';
import { paintGround, type Scene } from './canvas-ground.ts';
import type { Frame } from './frame.ts';
import { type Hit, hitTest, type Layout, layoutTables, type View } from './layout.ts';
import { bridgeFrame, changesBetween, MotionTimeline, motionsOf } from './motion.ts';
import type { PageClock } from './page-clock.ts';
import { readTheme, type Theme } from './palette.ts';

export interface CanvasViewOptions {
  readonly host: HTMLElement;
  readonly ground: HTMLCanvasElement;
  readonly air: HTMLCanvasElement;
  readonly clock: PageClock;
  readonly isReduced: () => boolean;
  /** Size or view changed: other buckets may be needed. */
  readonly onLook: () => void;
  /** Told of each drawn picture; for tests. */
  readonly onDrawn?: ((drawn: Drawn) => void) | undefined;
}

/** What one drawn picture showed of a rehash. */
export interface Drawn {
  readonly rehashIndex: number;
  readonly direction: string;
  /** The step under way, or -1, and how far it was drawn. */
  readonly sequence: number;
  readonly progress: number;
}

const kSparkMs = 700;

export class CanvasView {
  readonly #options: CanvasViewOptions;
  readonly #timeline = new MotionTimeline();
  readonly #probe: HTMLElement;
  #theme: Theme;
  #frame: Frame | null = null;
  #shown: Frame | null = null;
  #layout: Layout | null = null;
  #view: View = { first: 0, count: null };
  #width = 0;
  #height = 0;
  #sparks: { spark: Omit<Spark, 'age'>; bornMs: number }[] = [];
  #selected: Hit | null = null;
  #hovered: Hit | null = null;
  #isPlanned = false;
  #isGroundStale = true;
  #settled: (() => void)[] = [];

  constructor(options: CanvasViewOptions) {
    this.#options = options;
    this.#probe = document.createElement('span');
    this.#probe.hidden = true;
    options.host.append(this.#probe);
    this.#theme = readTheme(this.#probe);
    new ResizeObserver(() => this.#resize()).observe(options.host);
    this.#resize();
  }

  get layout(): Layout | null {
    return this.#layout;
  }
  get shown(): Frame | null {
    return this.#shown;
  }
  get theme(): Theme {
    return this.#theme;
  }
  get size(): { width: number; height: number } {
    return { width: this.#width, height: this.#height };
  }
  get selected(): Hit | null {
    return this.#selected;
  }
  get view(): View {
    return this.#view;
  }
  set view(view: View) {
    this.#view = view;
    this.#timeline.clear();
    this.#options.onLook();
  }

  /** Shows a frame. `msPerMove`: how long one step may take to be seen; 0: not at all. */
  show(before: Frame | null, frame: Frame, msPerMove: number): void {
    const isReduced = this.#options.isReduced() || msPerMove === 0;
    this.#frame = frame;
    if (before === null) this.#timeline.clear();
    else {
      if (frame.moves.length > 0) {
        this.#timeline.add(motionsOf(before, frame), msPerMove, isReduced);
      }
      if (msPerMove > 0) this.#addSparks(before, frame);
    }
    const isMoving = before !== null && !this.#timeline.isIdle;
    this.#shown = isMoving ? bridgeFrame(this.#shown ?? before, frame) : frame;
    this.#isGroundStale = true;
    this.#plan();
  }

  /** Resolves when everything that was shown has landed. */
  settled(): Promise<void> {
    if (this.#timeline.isIdle && !this.#isPlanned) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  select(hit: Hit | null): void {
    this.#selected = hit;
    this.#plan();
  }

  hover(hit: Hit | null): void {
    if (hit?.index === this.#hovered?.index && hit?.table === this.#hovered?.table) return;
    this.#hovered = hit;
    this.#plan();
  }

  hit(x: number, y: number): Hit | null {
    return this.#layout === null ? null : hitTest(this.#layout, x, y);
  }

  themeChanged(): void {
    this.#theme = readTheme(this.#probe);
    this.#isGroundStale = true;
    this.#plan();
  }

  #addSparks(before: Frame, frame: Frame): void {
    if (this.#options.isReduced()) return;
    const { added, removed } = changesBetween(before, frame);
    const bornMs = this.#options.clock.elapsed();
    for (const spot of added) this.#sparks.push({ spark: { spot, isAdded: true }, bornMs });
    for (const spot of removed) this.#sparks.push({ spark: { spot, isAdded: false }, bornMs });
  }

  #resize(): void {
    const { host, ground, air } = this.#options;
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    this.#width = host.clientWidth;
    this.#height = host.clientHeight;
    for (const canvas of [ground, air]) {
      canvas.width = Math.max(1, Math.round(this.#width * ratio));
      canvas.height = Math.max(1, Math.round(this.#height * ratio));
    }
    this.#isGroundStale = true;
    this.#options.onLook();
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.clock.frame((elapsedMs) => {
      this.#isPlanned = false;
      this.#draw(elapsedMs);
    });
  }

  #draw(elapsedMs: number): void {
    const frame = this.#shown;
    if (frame === null) return this.#settle();
    const index = this.#timeline.rehashIndex ?? frame.tables.rehashIndex;
    const motions = this.#timeline.draw(elapsedMs);
    this.#layout = layoutTables(frame.tables, this.#view, this.#width, this.#height);
    const scene: Scene = {
      frame,
      layout: this.#layout,
      theme: this.#theme,
      timeline: this.#timeline,
      rehashIndex: index,
    };
    if (this.#isGroundStale || motions.length > 0)
      this.#paint(this.#options.ground, scene, paintGround);
    this.#isGroundStale = motions.length > 0;
    const sparks = this.#agedSparks(elapsedMs);
    const pointed = { selected: this.#selected, hovered: this.#hovered };
    this.#paint(this.#options.air, scene, (pen) => paintAir(pen, scene, motions, sparks, pointed));
    const [first] = motions;
    this.#options.onDrawn?.({
      rehashIndex: index,
      direction: frame.tables.direction,
      sequence: first?.motion.move.sequence ?? -1,
      progress: first?.progress ?? 1,
    });
    if (this.#timeline.isIdle && this.#shown !== this.#frame) {
      this.#shown = this.#frame; // the old table may go now
      this.#isGroundStale = true;
    }
    if (!this.#timeline.isIdle || this.#isGroundStale || sparks.length > 0) this.#plan();
    if (this.#timeline.isIdle && !this.#isGroundStale) this.#settle();
  }

  #agedSparks(elapsedMs: number): Spark[] {
    this.#sparks = this.#sparks.filter(({ bornMs }) => elapsedMs - bornMs < kSparkMs);
    return this.#sparks.map(({ spark, bornMs }) => ({
      ...spark,
      age: Math.max(0, (elapsedMs - bornMs) / kSparkMs),
    }));
  }

  #paint(
    canvas: HTMLCanvasElement,
    scene: Scene,
    paint: (pen: CanvasRenderingContext2D, scene: Scene) => void,
  ): void {
    const pen = canvas.getContext('2d');
    if (pen === null || this.#width === 0) return;
    const ratio = canvas.width / this.#width;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.#width, this.#height);
    paint(pen, scene);
  }

  #settle(): void {
    const waiting = this.#settled;
    this.#settled = [];
    for (const resolve of waiting) resolve();
  }
}
