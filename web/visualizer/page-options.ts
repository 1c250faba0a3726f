/**
 * What the page's address says: ?seed= ?db= ?durability= ?embed=1 ?debug. Anything that is not
 * understood falls back to the default; what is shown is always what is used.
 */
import type { StoreStatus } from '../transport.ts';

export type Durability = StoreStatus['durability'];

export interface PageOptions {
  readonly name: string;
  /** Of the hash and of the generators; the same seed shows the same picture. */
  readonly seed: number;
  readonly durability: Durability;
  /** Only the picture and its controls, for a page that shows this one in a frame. */
  readonly isEmbedded: boolean;
  /** Lets tests look at what is drawn. */
  readonly isDebug: boolean;
}

export const kDurabilities: readonly Durability[] = ['always', 'commit', 'everysec', 'no'];
const kSeedMax = 2 ** 32 - 1;

export function isDurability(text: string | null): text is Durability {
  return text !== null && (kDurabilities as readonly string[]).includes(text);
}

/** `random`: the seed when the address has none. */
export function readOptions(search: string, random: () => number): PageOptions {
  const parameters = new URLSearchParams(search);
  const seedText = parameters.get('seed') ?? '';
  const seed = /^\d{1,10}$/.test(seedText) ? Number(seedText) : -1;
  const durability = parameters.get('durability');
  return {
    name: parameters.get('db') || 'page',
    seed: seed >= 0 && seed <= kSeedMax ? seed : random(),
    durability: isDurability(durability) ? durability : 'commit',
    isEmbedded: parameters.get('embed') === '1',
    isDebug: parameters.has('debug'),
  };
}

/** The address that shows the same again. */
export function searchOf(search: string, options: PageOptions): string {
  const parameters = new URLSearchParams(search);
  parameters.set('seed', String(options.seed));
  if (options.name !== 'page') parameters.set('db', options.name);
  if (options.durability === 'commit') parameters.delete('durability');
  else parameters.set('durability', options.durability);
  return `?${parameters.toString().replace('debug=', 'debug')}`;
}
