// The contestants as the bench drives them: WebAssembly modules in this process, native programs
// over pipes, and JavaScript's own containers. All run the workload of contestants/loops.cpp, chunk
// by chunk, and answer nanoseconds per chunk and the sum of what they read.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const CHUNK = 512;
/** As in loops.cpp. */
export const PHASES = {
  insert: 0,
  get: 1,
  dependent: 2,
  miss: 3,
  mixed: 4,
  erase: 5,
  batch16: 6,
  batch64: 7,
  batch512: 8,
  overwrite1: 9,
  overwrite2: 10,
  pipeline64: 11,
};
export const KINDS = { uniform: 0, zipf: 1, churn: 2 };

/** What Emscripten's modules ask of their surroundings; none of it is called while time runs. */
function surroundings(module, memory) {
  const known = {
    clock_time_get: (_id, _precision, at) => {
      new DataView(memory().buffer).setBigUint64(at >>> 0, process.hrtime.bigint(), true);
      return 0;
    },
    emscripten_notify_memory_growth: () => {},
  };
  const imports = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    imports[space] ??= {};
    imports[space][name] =
      known[name] ??
      (() => {
        throw new Error(`a contestant called ${name}`);
      });
  }
  return imports;
}

const compiled = new Map();

/** The exports of a module that is instantiated anew. */
export function instance(path) {
  if (!compiled.has(path)) compiled.set(path, new WebAssembly.Module(readFileSync(path)));
  const module = compiled.get(path);
  let exports;
  const made = new WebAssembly.Instance(
    module,
    surroundings(module, () => exports.memory),
  );
  exports = made.exports;
  exports._initialize?.();
  return exports;
}

/** Every WebAssembly memory begins with all it may need, so growing costs nobody anything. */
export class WasmContestant {
  #path;
  #exports;

  constructor(name, path) {
    this.name = name;
    this.#path = path;
  }

  async open(keys, kind) {
    this.#exports = instance(this.#path);
    this.#exports.bench_open(keys, kind);
  }

  async run(phase, from, to) {
    const { bench_prepare, bench_run } = this.#exports;
    const ns = new Float64Array(to - from);
    let sum = 0;
    for (let chunk = from; chunk < to; chunk++) {
      bench_prepare(phase, chunk);
      const started = performance.now();
      sum = (sum + bench_run()) >>> 0;
      ns[chunk - from] = (performance.now() - started) * 1e6;
    }
    return { ns, sum };
  }

  /** One figure per operation, for the longest pause. */
  async each(phase, from, to) {
    const { bench_prepare, bench_one } = this.#exports;
    // After a thousand calls V8 compiles the bridge between JavaScript and this function, which
    // takes 200 us and is nobody's insert: lookups in the empty table use the calls up.
    const warm = bench_prepare(PHASES.get, 0);
    for (let i = 0; i < 4096; i++) bench_one(i % warm);
    const ns = new Float64Array((to - from) * CHUNK);
    let at = 0;
    for (let chunk = from; chunk < to; chunk++) {
      const operations = bench_prepare(phase, chunk);
      for (let i = 0; i < operations; i++) {
        const started = performance.now();
        bench_one(i);
        ns[at++] = (performance.now() - started) * 1e6;
      }
    }
    return ns.subarray(0, at);
  }

  async bytes() {
    return Number(this.#exports.bench_bytes());
  }

  /** Bytes of live blobs. wadict only. */
  liveBytes() {
    return this.#exports.bench_live();
  }

  /** Nanoseconds of one step of background work; null: there is none. */
  idle() {
    const started = performance.now();
    const more = this.#exports.bench_idle();
    const took = (performance.now() - started) * 1e6;
    return more === 0 ? null : took;
  }

  /** Seconds of loading an RDB file, of which the module sees a piece at a time. wadict only. */
  load(bytes) {
    const { bench_input, bench_load, memory } = this.#exports;
    const piece = 1 << 20;
    const started = performance.now();
    if (bench_load(-1) !== 1) throw new Error('the load did not begin');
    for (let from = 0; from < bytes.length; from += piece) {
      const part = bytes.subarray(from, from + piece);
      new Uint8Array(memory.buffer, bench_input() >>> 0, part.length).set(part);
      if (bench_load(part.length) !== 1) throw new Error(`the load failed after ${from} bytes`);
    }
    if (bench_load(-2) !== 1) throw new Error('the load did not end');
    return (performance.now() - started) / 1000;
  }

  async close() {
    this.#exports = undefined; // the memory goes with the instance
  }
}

/** A program of native_main.cpp; each open starts a fresh process. */
export class NativeContestant {
  #path;
  #environment;
  #process;
  #lines;

  constructor(name, path, environment = {}) {
    this.name = name;
    this.#path = path;
    this.#environment = environment;
  }

  async #ask(line) {
    this.#process.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended`);
    return value;
  }

  async open(keys, kind) {
    this.#process = spawn(this.#path, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...this.#environment },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    await this.#ask(`open ${keys} ${kind}`);
  }

  async run(phase, from, to) {
    const figures = (await this.#ask(`run ${phase} ${from} ${to}`)).split(' ').map(Number);
    const sum = figures.pop();
    return { ns: Float64Array.from(figures), sum };
  }

  async bytes() {
    return Number(await this.#ask('bytes'));
  }

  async close() {
    this.#process.stdin.end();
    await new Promise((resolve) => this.#process.once('exit', resolve));
  }
}

/**
 * A container of JavaScript with get, set and delete. Keys and values are fresh strings of each
 * chunk, made before the time is taken; a module of the bench writes their texts.
 */
export class ScriptContestant {
  #make;
  #texts;
  #path;
  #map;
  #sum = 0;
  #last = 0;

  constructor(name, path, make) {
    this.name = name;
    this.#path = path;
    this.#make = make;
  }

  async open(keys, kind) {
    this.#texts = instance(this.#path);
    this.#texts.bench_open(keys, kind);
    this.#map = await this.#make(keys);
  }

  #strings(at, count) {
    const { buffer } = this.#texts.memory;
    const view = new DataView(buffer);
    return Array.from({ length: count }, (_, index) => {
      const place = (at >>> 0) + index * 8;
      const bytes = view.getUint32(place + 4, true);
      return Buffer.from(buffer, view.getUint32(place, true), bytes).latin1Slice();
    });
  }

  #prepare(phase, chunk) {
    const { bench_prepare, bench_keys, bench_values, bench_writes, memory } = this.#texts;
    const operations = bench_prepare(phase, chunk);
    const keys = this.#strings(
      bench_keys(),
      phase === PHASES.dependent ? 2 * operations : operations,
    );
    const writes = new Uint8Array(memory.buffer, bench_writes() >>> 0, operations).slice();
    const hasValues = [0, 4, 9, 10].includes(phase);
    const values = hasValues ? this.#strings(bench_values(), operations) : [];
    this.#sum = this.#last = 0;
    return { operations, keys, values, writes };
  }

  #note(value) {
    const length = Math.min(8, value.length);
    let first = 0;
    let second = 0;
    for (let i = 0; i < length && i < 4; i++) first |= value.charCodeAt(i) << (8 * i);
    for (let i = 4; i < length; i++) second |= value.charCodeAt(i) << (8 * (i - 4));
    this.#last = first;
    this.#sum = (this.#sum + first + second) | 0;
  }

  #get(key) {
    const value = this.#map.get(key);
    if (value !== undefined) this.#note(value);
  }

  #chunk(phase, { operations, keys, values, writes }) {
    const map = this.#map;
    switch (phase) {
      case PHASES.insert:
      case PHASES.overwrite1:
      case PHASES.overwrite2:
        for (let i = 0; i < operations; i++) map.set(keys[i], values[i]);
        break;
      case PHASES.dependent:
        for (let i = 0; i < operations; i++) this.#get(keys[2 * i + (this.#last & 1)]);
        break;
      case PHASES.mixed:
        for (let i = 0; i < operations; i++) {
          if (writes[i] !== 0) map.set(keys[i], values[i]);
          else this.#get(keys[i]);
        }
        break;
      case PHASES.erase:
        for (let i = 0; i < operations; i++) this.#sum += map.delete(keys[i]) ? 1 : 0;
        break;
      default:
        for (let i = 0; i < operations; i++) this.#get(keys[i]);
    }
  }

  async run(phase, from, to) {
    const ns = new Float64Array(to - from);
    let sum = 0;
    for (let chunk = from; chunk < to; chunk++) {
      const given = this.#prepare(phase, chunk);
      const started = performance.now();
      this.#chunk(phase, given);
      ns[chunk - from] = (performance.now() - started) * 1e6;
      sum = (sum + this.#sum) >>> 0;
    }
    return { ns, sum };
  }

  async each(phase, from, to) {
    const ns = new Float64Array((to - from) * CHUNK);
    let at = 0;
    for (let chunk = from; chunk < to; chunk++) {
      const { operations, keys, values } = this.#prepare(phase, chunk);
      for (let i = 0; i < operations; i++) {
        const started = performance.now();
        this.#map.set(keys[i], values[i]);
        ns[at++] = (performance.now() - started) * 1e6;
      }
    }
    return ns.subarray(0, at);
  }

  /** Heap of JavaScript, after a collection: NaN without --expose-gc. */
  async bytes() {
    if (globalThis.gc === undefined) return NaN;
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external - this.#texts.memory.buffer.byteLength;
  }

  async close() {
    await this.#map.close?.();
    this.#map = this.#texts = undefined;
  }
}
