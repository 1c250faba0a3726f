/**
 * The page's second Worker: here the session's operations run again, so that the page can go back
 * to any of them. Messages are handled one after the other, in the order in which they came.
 */
import { startEngine } from '../../engine/load-browser.ts';
import type { FromLab, Race, ToLab } from './lab-protocol.ts';
import {
  type InsertRun,
  TeachingModule,
  type TeachingOptions,
} from '../../engine/teaching-module.ts';
import { LayoutMachine } from './layout-machine.ts';
import { playScenario } from './scenario.ts';
import { OperationLog } from './operation-log.ts';
import { TimeMachine } from './time-machine.ts';
import { browserClock } from '../page-clock.ts';

/** This Worker's own scope, as far as it is used here. */
interface LabScope {
  postMessage(message: FromLab, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToLab>) => void) | null;
}

const scope = globalThis as unknown as LabScope;

const kMaxMemory = '512mb';
/** What the log of operations may hold; a longer session has no history. */
const kLogBytesMost = 256 * 2 ** 20;

const clock = browserClock();
let machine: TimeMachine | null = null;
let layoutOptions: TeachingOptions | null = null;
let layout: LayoutMachine | null = null;
/** How the present history began, for an engine with slots that begins the same way. */
let beginning: Extract<ToLab, { kind: 'reset' }> | null = null;
let slots: TimeMachine | null = null;
let teachingCode: Promise<ArrayBuffer> | undefined;
let last: Promise<void> = Promise.resolve();

function tell(message: FromLab, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

function end(reason: string): void {
  machine = null;
  tell({ kind: 'ended', reason });
}

/** The reference layouts, in an instance of their own. */
async function loadTeaching(): Promise<TeachingModule> {
  teachingCode ??= fetch(new URL('teaching.wasm', import.meta.url)).then((answer) =>
    answer.arrayBuffer(),
  );
  return TeachingModule.load(await teachingCode, clock.elapsed);
}

/** The chosen layout, from the beginning of the present history on. */
async function makeLayout(): Promise<LayoutMachine | null> {
  if (layoutOptions === null) return null;
  const log = machine?.log ?? new OperationLog();
  return new LayoutMachine(await loadTeaching(), log, layoutOptions);
}

const kInsertsPerRun = 256;

async function race(count: number): Promise<Race> {
  const run = async (isAllAtOnce: boolean): Promise<InsertRun[]> => {
    const module = await loadTeaching();
    module.open({ layout: 'chained', hash: 'siphash', isAllAtOnce, avoidResize: false });
    return module.insertMany(0, count, kInsertsPerRun);
  };
  await run(false); // compiled and warm for both
  return {
    insertsPerRun: kInsertsPerRun,
    incremental: await run(false),
    atOnce: await run(true),
  };
}

async function makeMachine(
  { seed, base, timeMs }: Extract<ToLab, { kind: 'reset' }>,
  isSlotted: boolean,
  log = new OperationLog(),
): Promise<TimeMachine> {
  // An image reads all memory: no more of it than there must be.
  const memory = { initialMemory: '16mb', maxMemory: kMaxMemory };
  const options = { seed, slots: isSlotted, host: false, ...memory };
  const { port, images } = await startEngine(options);
  if (base !== null) {
    port.loadBegin();
    port.loadChunk(base);
    port.loadEnd();
  }
  return new TimeMachine({ port, images: images() }, timeMs, clock.elapsed, log);
}

async function reset(message: Extract<ToLab, { kind: 'reset' }>): Promise<void> {
  machine = null;
  layout = null;
  slots = null;
  beginning = message;
  machine = await makeMachine(message, false);
}

async function askSlots(position: number, bytes: Uint8Array): Promise<Uint8Array> {
  if (machine === null || beginning === null) return new Uint8Array(0);
  try {
    slots ??= await makeMachine(beginning, true, machine.log);
  } catch {
    return new Uint8Array(0); // what was there before has several databases: slots know one
  }
  slots.seek(position);
  return slots.ask(bytes);
}

function progress(from: TimeMachine): void {
  const { count, executed, keyframes, imageBytes } = from;
  const marks = from.takeMarks();
  tell({ kind: 'progress', progress: { count, executed, keyframes, imageBytes, marks } });
}

async function handle(message: ToLab): Promise<void> {
  if (message.kind === 'reset') return reset(message);
  switch (message.kind) {
    case 'layout':
      layoutOptions = message.options;
      layout = await makeLayout();
      return;
    case 'view': {
      layout ??= await makeLayout();
      const bytes = layout?.viewAt(message.position) ?? new Uint8Array(0);
      return tell({ kind: 'viewed', id: message.id, bytes }, [bytes.buffer]);
    }
    case 'slots': {
      const bytes = await askSlots(message.position, message.bytes);
      return tell({ kind: 'slotted', id: message.id, bytes }, [bytes.buffer]);
    }
    case 'log': {
      const bytes = machine?.log.requests(0, machine.log.count).slice() ?? new Uint8Array(0);
      return tell({ kind: 'logged', id: message.id, bytes }, [bytes.buffer]);
    }
    case 'play': {
      const { port } = await startEngine({ host: true });
      const result = playScenario(message.scenario, port, clock.now());
      return tell({ kind: 'played', id: message.id, result });
    }
    case 'race':
      return tell({ kind: 'raced', id: message.id, race: await race(message.count) });
    default:
      if (machine !== null) handleTime(machine, message);
  }
}

type TimeMessage = Extract<ToLab, { kind: 'record' | 'seen' | 'seek' | 'ask' }>;

function handleTime(machine: TimeMachine, message: TimeMessage): void {
  switch (message.kind) {
    case 'record':
      if (message.isExtra) machine.recordExtra(message.bytes, message.timeMs);
      else machine.record(message.bytes, message.timeMs);
      if (machine.log.byteLength > kLogBytesMost) end('the session is too long');
      return;
    case 'seen': {
      const difference = machine.seen(message);
      if (difference !== null) return end(difference);
      return progress(machine);
    }
    case 'seek': {
      const report = machine.seek(message.position);
      progress(machine);
      return tell({ kind: 'sought', id: message.id, report });
    }
    case 'ask': {
      const bytes = machine.ask(message.bytes);
      return tell({ kind: 'reply', bytes }, [bytes.buffer]);
    }
  }
}

scope.onmessage = ({ data }: MessageEvent<ToLab>) => {
  last = last
    .then(() => handle(data))
    .catch((error: unknown) => end(error instanceof Error ? error.message : String(error)));
};
