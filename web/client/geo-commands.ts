/** Typed methods of places; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { integer, type Key, type Value, value } from './arguments.ts';
import { bulk, plain } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Unit = 'm' | 'km' | 'ft' | 'mi';
type Place = [longitude: number, latitude: number];

export interface GeoaddOptions {
  /** Only new members. */
  nx?: boolean | undefined;
  /** Only members that are there. */
  xx?: boolean | undefined;
  /** Count the changed members too. */
  ch?: boolean | undefined;
}

/** Where to look: around a member or a place, within a circle or a box. */
export interface GeosearchOptions {
  from: Value | { longitude: number; latitude: number };
  /** A radius, or a box with the centre in its middle. */
  within: number | { width: number; height: number };
  unit: Unit;
  /** The nearest or the farthest first. */
  sort?: 'ASC' | 'DESC' | undefined;
  count?: Whole | undefined;
  /** With `count`: the first that are found, not the nearest. */
  any?: boolean | undefined;
}
export interface GeosearchReplyOptions extends GeosearchOptions {
  withcoord?: boolean | undefined;
  withdist?: boolean | undefined;
  withhash?: boolean | undefined;
}
export interface GeosearchStoreOptions extends GeosearchOptions {
  /** Store distances in place of places. */
  storedist?: boolean | undefined;
}

/** [member, distance as text, geohash, [longitude, latitude]], those that were asked for. */
type Found<M> = M[] | [member: M, ...rest: (string | number | Place)[]][];

const words = (given: object, ...names: string[]): Argument[] =>
  names.filter((name) => given[name as never]).map((name) => name.toUpperCase());

const added = {
  tail: (places: Readonly<Record<string, Place>>, options: GeoaddOptions = {}): Argument[] => [
    ...words(options, 'nx', 'xx', 'ch'),
    ...Object.entries(places).flatMap(([member, place]) => [...place.map(value), member]),
  ],
};

const searched = {
  tail: (options: GeosearchReplyOptions & GeosearchStoreOptions): Argument[] => {
    const { from, within, unit, sort, count } = options;
    return [
      ...(typeof from === 'object' && 'longitude' in from
        ? ['FROMLONLAT', value(from.longitude), value(from.latitude)]
        : ['FROMMEMBER', value(from)]),
      ...(typeof within === 'object'
        ? ['BYBOX', value(within.width), value(within.height)]
        : ['BYRADIUS', value(within)]),
      unit,
      ...(sort === undefined ? [] : [sort]),
      ...(count === undefined ? [] : ['COUNT', integer(count), ...words(options, 'any')]),
      ...words(options, 'withcoord', 'withdist', 'withhash', 'storedist'),
    ];
  },
};

const unit = { tail: (name?: Unit): Argument[] => (name === undefined ? [] : [name]) };

/** GEORADIUS and its kin are older ways to say GEOSEARCH: `call('GEORADIUS', …)`. */
export const places = {
  /** How many members are new: `geoadd('cafes', { luna: [-8.6, 41.1] })`. */
  geoadd: plain<
    [key: Key, places: Readonly<Record<string, Place>>, options?: GeoaddOptions],
    number
  >('k', -5, added),
  /** The distance as text with four digits behind the point, in meters if not said. */
  geodist: plain<[key: Key, from: Value, to: Value, unit?: Unit], string | null>('kvv', -4, unit),
  geohash: plain<[key: Key, ...members: Value[]], (string | null)[]>('kT', -2),
  geopos: plain<[key: Key, ...members: Value[]], (Place | null)[]>('kT', -2),
  /** `geosearch('cafes', { from: 'luna', within: 2, unit: 'km', sort: 'ASC', withdist: true })` */
  geosearch: bulk<[key: Key, options: GeosearchReplyOptions], Found<string>, Found<Bytes>>(
    'k',
    -7,
    searched,
  ),
  geosearchstore: plain<[destination: Key, source: Key, options: GeosearchStoreOptions], number>(
    'kk',
    -8,
    searched,
  ),
};
