// The contract of idb-keyval, as cases that run against itself and against wadict/idb-keyval in the
// same browser. Each gives something that can be compared as text.

const plain = (error) => `${error.name}`;
const settle = (promise) => promise.then(describe, plain);

/** Any value as text that tells kinds apart. */
export function describe(value, seen = []) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (seen.includes(value)) return `^${seen.indexOf(value)}`;
  const inner = (item) => describe(item, [...seen, value]);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return `Map(${[...value].map(([k, v]) => `${inner(k)}=>${inner(v)}`)})`;
  if (value instanceof Set) return `Set(${[...value].map(inner)})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${[...new Uint8Array(value)]})`;
  if (value instanceof DataView) return `DataView(${value.byteOffset},${inner(value.buffer)})`;
  if (ArrayBuffer.isView(value)) return `${kind}(${[...value]},${value.byteOffset})`;
  if (value instanceof Error) return `${value.name}(${value.message},${inner(value.cause)})`;
  if (value instanceof Blob) return `${kind}(${value.type},${value.size},${value.name})`;
  if (/Boolean|Number|String|BigInt/.test(kind)) return `${kind}(${inner(value.valueOf())})`;
  const list = Object.keys(value).map((name) => `${name}:${inner(value[name])}`);
  return Array.isArray(value) ? `[${value.length}|${list}]` : `${kind}{${list}}`;
}

function values() {
  const circular = { name: 'self', list: [] };
  circular.list.push(circular, circular.list);
  const shared = new Uint8Array([1, 2, 3, 4]);

  const sparse = [1, , 3];
  sparse.extra = 'property';
  class Point {
    x = 1;
  }
  return [
    ...[undefined, null, true, false, 0, -0, 1.5, NaN, Infinity, 123n, -(2n ** 80n)],
    ...['', 'text', 'käse', '\u{1f9c0}', '\ud800 lone', 'x'.repeat(70_000)],
    ...[new Date(0), new Date(NaN), /a+b/giu, new Boolean(false), new Number(4), new String('s')],
    ...[new Map([[{ k: 1 }, new Set([1, 'a'])]]), new Set(), sparse, [[[]]], {}, { __proto__: null }],
    ...[shared, shared.subarray(1, 3), new DataView(shared.buffer, 2), new Float64Array([0.1, NaN])],
    ...[new BigInt64Array([5n]), new Uint8ClampedArray([300]), shared.buffer, circular, new Point()],
    ...[{ a: shared, b: shared, c: shared.buffer }, JSON.parse('{"__proto__":1}')],
    ...[new TypeError('wrong', { cause: { code: 7 } }), new Error('plain')],
    ...[new Blob(['abc'], { type: 'text/plain' }), new File(['abcd'], 'f.txt', { lastModified: 5 })],
  ];
}

const kKeys = () => [
  ...[123, '123', 0, -0, -1, 1e300, -1e300, Infinity, -Infinity, 5e-324, 'a', '', 'ab', '\0', 'ÿ'],
  ...['\ud800', '\uffff', '\u3f7d', '\u3f7e', '~', '}', new Date(5), new Date(-5), [], [1], [1, 'a']],
  ...[[[]], ['a', [new Date(1)]], new Uint8Array([0, 254, 255]), new Uint8Array([255]), new ArrayBuffer(2)],
];

/** Numbers from a seed. */
function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomKey(pick, depth = 0) {
  const kind = pick(depth < 2 ? 5 : 4);
  const many = (make) => Array.from({ length: pick(4) }, make);
  if (kind === 0) return [pick(1000) - 500, (pick(1000) - 500) / 7, pick(9) * 10 ** pick(300)][pick(3)];
  if (kind === 1) return new Date(pick(1e6) - 5e5);
  if (kind === 2) return String.fromCharCode(...many(() => [pick(128), pick(0x4000), pick(0x10000)][pick(3)]));
  if (kind === 3) return Uint8Array.from(many(() => [0, 1, 253, 254, 255, pick(256)][pick(6)]));
  return many(() => randomKey(pick, depth + 1));
}

export const CASES = {
  'what is set is there': async ({ get, set }) => [await settle(set('k', 'v')), await get('k')],
  'what is not there is undefined': ({ get }) => settle(get('missing')),
  'the last value wins': async ({ get, set }) => {
    await set('k', 1);
    await set('k', 2);
    return get('k');
  },
  'every kind of value': async ({ get, set }) => {
    const out = [];
    for (const value of values()) {
      await set('value', value);
      const back = await get('value');
      out.push(describe(back) + (back instanceof Blob ? await back.text() : ''));
    }
    return out;
  },
  'a value is copied': async ({ get, set }) => {
    const value = { n: 1 };
    const stored = set('k', value);
    await stored;
    value.n = 2;
    return describe(await get('k'));
  },
  'shared buffers stay shared': async ({ get, set }) => {
    const bytes = new Uint8Array(4);
    await set('k', { a: bytes, b: bytes.subarray(1) });
    const { a, b } = await get('k');
    return a.buffer === b.buffer;
  },
  'what cannot be cloned': async ({ set, get }) => {
    const bad = [() => 1, Symbol('s'), { deep: [() => 1] }, document.body, Promise.resolve()];
    const out = [];
    for (const value of bad) out.push(await settle(set('bad', value)));
    return [...out, await settle(get('bad'))];
  },
  'every kind of key, in order': async ({ set, get, keys, values: all, entries }) => {
    for (const [place, key] of kKeys().entries()) await set(key, place);
    const read = [];
    for (const key of kKeys()) read.push(await get(key));
    // 0 and -0 are one key; which of the two comes back differs between versions of Chromium.
    const unsigned = (key) => (key === 0 ? 0 : key);
    const pairs = (await entries()).map(([key, value]) => [unsigned(key), value]);
    return describe([read, (await keys()).map(unsigned), await all(), pairs]);
  },
  'what is no key': async (api) => {
    const loop = [];
    loop.push(loop);

    const bad = [null, undefined, true, {}, NaN, [NaN], new Date(NaN), [1, , 2], loop, 5n, /a/];
    const out = [];
    for (const key of bad) {
      out.push(await settle(api.set(key, 1)), await settle(api.get(key)), await settle(api.del(key)));
      out.push(await settle(api.getMany(['a', key])), await settle(api.update(key, () => 1)));
    }
    return [...out, describe(await api.keys())];
  },
  'random keys, in order': async ({ setMany, keys }, { seed }) => {
    const pick = random(seed);
    await setMany(Array.from({ length: 400 }, () => [randomKey(pick), 1]));
    return describe(await keys());
  },
  'setMany and getMany': async ({ setMany, keys, getMany, clear }) => {
    const pairs = [
      ['a', 1],
      ['a', 2],
      ['b', 3],
    ];
    const out = [await settle(setMany([])), await settle(setMany(pairs)), describe(await keys())];
    out.push(describe(await getMany(['b', 'a', 'x', 'b'])), describe(await getMany([])));
    // What a refused setMany leaves differs: idb-keyval keeps the pairs before the bad one, against
    // its own documentation; wadict keeps none.
    out.push(await settle(setMany([['c', () => 1]])), await settle(setMany([[null, 1]])));
    await clear();
    return out;
  },
  'update reads and writes as one step': async ({ update, get }) => {
    const add = () => update('n', (n) => (n ?? 0) + 1);
    const results = await Promise.all([add(), add(), add()]);
    return [describe(results), await get('n')];
  },
  'an updater that throws changes nothing': async ({ update, get, set }) => {
    await set('k', 'before');
    const thrown = await settle(
      update('k', () => {
        throw new RangeError('own');
      }),
    );
    return [thrown, await settle(update('k', () => () => 1)), await get('k')];
  },
  'an updater may give undefined': async ({ update, get, keys, set }) => {
    await set('k', 1);
    await update('k', () => undefined);
    return [describe(await get('k')), describe(await keys())];
  },
  'del and delMany': async ({ set, setMany, del, delMany, keys }) => {
    await setMany([1, 2, 3, 4].map((key) => [key, key]));
    await set('1', 1);
    const out = [await settle(del(1)), await settle(del('none')), await settle(delMany([2, 'x', 3]))];
    return [...out, await settle(delMany([])), describe(await keys())];
  },
  'clear empties this store alone': async ({ createStore, set, clear, keys }) => {
    const other = createStore('other-database', 'other');
    await set('k', 1);
    await set('k', 2, other);
    await clear();
    const out = [describe(await keys()), describe(await keys(other))];
    await clear(other);
    return [...out, describe(await keys(other))];
  },
  'stores do not see each other': async ({ createStore, set, get, getMany, keys, entries, update }) => {
    const [one, two] = [createStore('database-1', 's'), createStore('database-2', 's')];
    await set('k', 'one', one);
    await set('k', 'two', two);
    await update('k', (old) => `${old}!`, two);
    const read = [await get('k', one), await get('k', two), await get('k'), await getMany(['k'], two)];
    return describe([read, await keys(one), await entries(two)]);
  },
};

/** The documented promise of setMany. */
export async function isAllOrNothing({ setMany, keys, clear }) {
  await clear();
  await settle(setMany([['c', 1], ['d', () => 1]]));
  await settle(setMany([['c', 1], [null, 1]]));
  return (await keys()).length === 0;
}

/** Name of each case -> what it gave. The default store is emptied before each. */
export async function runCases(api, options) {
  const results = {};
  for (const [name, run] of Object.entries(CASES)) {
    await api.clear();
    results[name] = await Promise.resolve(run(api, options)).catch((error) => `threw ${error.stack}`);
  }
  return results;
}
