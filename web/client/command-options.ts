/**
 * Option objects of the typed methods -> arguments, with the checks that a person is grateful for:
 * seconds taken for milliseconds, fractions, two ways to say when a key expires.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import { describe, integer, value, type Value } from './arguments.ts';

/** At most one of these. A Date is taken to the millisecond. */
export interface ExpiryOptions {
  /** Seconds from now. */
  ex?: number | undefined;
  /** Milliseconds from now. */
  px?: number | undefined;
  /** A point in time: Unix seconds, or a Date. */
  exat?: number | Date | undefined;
  /** A point in time: Unix milliseconds, or a Date. */
  pxat?: number | Date | undefined;
}

export interface SetOptions extends ExpiryOptions {
  /** Keep the key's present time to live. */
  keepTtl?: boolean | undefined;
  /** Only if the key does not exist. */
  nx?: boolean | undefined;
  /** Only if the key exists. */
  xx?: boolean | undefined;
  /** Only if the present value equals this one; a missing key equals none. */
  ifeq?: Value | undefined;
  /** Only if the present value differs from this one; a missing key does. */
  ifne?: Value | undefined;
  /** Answer the previous value (null: there was none) instead of 'OK'. */
  get?: boolean | undefined;
}

export interface GetexOptions extends ExpiryOptions {
  /** Remove the time to live. */
  persist?: boolean | undefined;
}

/** When EXPIRE and its kin apply: no TTL yet, some TTL, a later one, an earlier one. */
export type ExpireCondition = 'NX' | 'XX' | 'GT' | 'LT';

export interface ScanOptions {
  match?: Value | undefined;
  count?: number | undefined;
  type?: string | undefined;
}

/** On which present value DELEX deletes: one of them. */
export type DelexOptions = Pick<SetOptions, 'ifeq' | 'ifne'>;

export interface CopyOptions {
  db?: number | undefined;
  replace?: boolean | undefined;
}

export interface RestoreOptions {
  replace?: boolean | undefined;
  /** `ttl` is a Unix time in milliseconds, not a duration. */
  absttl?: boolean | undefined;
  /** Seconds. */
  idletime?: number | undefined;
  freq?: number | undefined;
}

export interface LcsOptions {
  /** Answer the length only. */
  len?: boolean | undefined;
  /** Answer the matching ranges. */
  idx?: boolean | undefined;
  minmatchlen?: number | undefined;
  withmatchlen?: boolean | undefined;
}

/** Above this, Unix time in seconds would lie beyond the year 5000: milliseconds were meant. */
const kSecondsMax = 1e11;
/** Below this, Unix time in milliseconds lies before May 1970: seconds were meant. */
const kMillisecondsMin = 1e10;

export function expiryArguments(options: ExpiryOptions, extra: string[]): Argument[] {
  const { ex, px, exat, pxat } = options;
  const times = Object.entries({ ex, px, exat, pxat }).filter(([, at]) => at !== undefined);
  const given = [...times.map(([name]) => name), ...extra];
  if (given.length > 1) throw new WadictError('SYNTAX', `give only one of ${given.join(', ')}`);
  if (ex !== undefined) return ['EX', duration(ex, 'ex', true)];
  if (px !== undefined) return ['PX', duration(px, 'px', false)];
  const at = exat ?? pxat;
  if (at instanceof Date) return ['PXAT', absolute(at, given[0]!, false)];
  if (exat !== undefined) return ['EXAT', absolute(exat, 'exat', true)];
  return pxat === undefined ? [] : ['PXAT', absolute(pxat, 'pxat', false)];
}

/** Durations of SET must be positive; zero or less would not store anything. */
function duration(candidate: number, name: string, isSeconds: boolean): Argument {
  if (candidate <= 0) outOfRange(name, candidate, 'must be positive; del() removes a key');
  return relative(candidate, name, isSeconds);
}

/** A duration of EXPIRE may be zero or negative: the key is deleted. */
export function relative(candidate: number, name: string, isSeconds: boolean): Argument {
  if (isSeconds && candidate >= kSecondsMax) {
    outOfRange(name, candidate, 'are seconds from now; this looks like a time in milliseconds');
  }
  if (!Number.isSafeInteger(candidate)) {
    const hint = isSeconds ? '; use px, pexpire or psetex for milliseconds' : '';
    outOfRange(name, candidate, `must be a whole number below 2^53${hint}`);
  }
  return candidate;
}

/** Unix time. A Date given in place of seconds loses its fraction. */
export function absolute(at: number | Date, name: string, isSeconds: boolean): Argument {
  const isDate = at instanceof Date;
  const time = isDate ? Math.floor(at.getTime() / (isSeconds ? 1000 : 1)) : at;
  if (!Number.isSafeInteger(time)) {
    outOfRange(name, at, isDate ? 'is an invalid Date' : 'must be a whole number below 2^53');
  }
  if (isDate) return time;
  if (isSeconds && time >= kSecondsMax) {
    outOfRange(name, at, 'takes Unix seconds; this looks like milliseconds');
  }
  if (!isSeconds && time >= 1e9 && time < kMillisecondsMin) {
    outOfRange(name, at, 'takes Unix milliseconds; this looks like seconds');
  }
  return time;
}

function outOfRange(name: string, candidate: unknown, problem: string): never {
  throw new WadictError('OUT_OF_RANGE', `${name} ${describe(candidate)}: ${problem}`);
}

/** What an options object may hold, and the word each becomes; `true`: the word alone. */
type Words<O> = { readonly [N in keyof O]-?: (given: NonNullable<O[N]>) => Argument | true };

export const flag = (): true => true;

/** `COUNT 5` from `{ count: 5 }`, in the order of `words`. */
export function fromWords<O extends object>(words: Words<O>): (options?: O) => Argument[] {
  return (options = {} as O) => {
    const argv: Argument[] = [];
    for (const name of Object.keys(words) as (keyof O & string)[]) {
      const given = options[name];
      if (given === undefined || given === false) continue;
      const argument = words[name](given as NonNullable<O[typeof name]>);
      argv.push(name.toUpperCase());
      if (argument !== true) argv.push(argument);
    }
    return argv;
  };
}

const setFlags = /* @__PURE__ */ fromWords<Omit<SetOptions, keyof ExpiryOptions>>({
  keepTtl: flag,
  nx: flag,
  xx: flag,
  ifeq: value,
  ifne: value,
  get: flag,
});

/** `EX 60 NX GET` from `{ ex: 60, nx: true, get: true }`. */
export function setArguments(options: SetOptions = {}): Argument[] {
  const { nx, xx, ifeq, ifne } = options;
  const conditions = [nx || undefined, xx || undefined, ifeq, ifne];
  if (conditions.filter((given) => given !== undefined).length > 1) {
    throw new WadictError('SYNTAX', 'give only one of nx, xx, ifeq, ifne');
  }
  const expiry = expiryArguments(options, options.keepTtl ? ['keepTtl'] : []);
  return [...expiry, ...setFlags(options)];
}

export const delexArguments = /* @__PURE__ */ fromWords<DelexOptions>({ ifeq: value, ifne: value });

export function getexArguments(options: GetexOptions = {}): Argument[] {
  const persist = options.persist ? ['persist'] : [];
  return [...expiryArguments(options, persist), ...persist.map((word) => word.toUpperCase())];
}

export function conditionArguments(condition?: ExpireCondition): Argument[] {
  if (condition === undefined) return [];
  if (['NX', 'XX', 'GT', 'LT'].includes(condition)) return [condition];
  throw new WadictError('SYNTAX', `condition ${describe(condition)} is none of NX, XX, GT, LT`);
}

export const scanArguments = /* @__PURE__ */ fromWords<ScanOptions>({
  match: value,
  count: integer,
  type: value,
});

export interface HscanOptions {
  match?: Value;
  count?: number;
  /** Fields only. */
  novalues?: boolean;
}

export const hscanArguments = /* @__PURE__ */ fromWords<HscanOptions>({
  match: value,
  count: integer,
  novalues: flag,
});

export const copyArguments = /* @__PURE__ */ fromWords<CopyOptions>({ db: integer, replace: flag });

export const restoreArguments = /* @__PURE__ */ fromWords<RestoreOptions>({
  replace: flag,
  absttl: flag,
  idletime: integer,
  freq: integer,
});

export const lcsArguments = /* @__PURE__ */ fromWords<LcsOptions>({
  len: flag,
  idx: flag,
  minmatchlen: integer,
  withmatchlen: flag,
});
