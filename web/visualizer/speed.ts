/** Steps of the speed slider: up to a limit every command and every bucket move is seen. */

export interface Speed {
  /** Commands a second; Infinity: as fast as it goes. */
  readonly perSecond: number;
  readonly text: string;
}

export const kSpeeds: readonly Speed[] = [
  { perSecond: 1, text: '1 a second' },
  { perSecond: 2, text: '2 a second' },
  { perSecond: 5, text: '5 a second' },
  { perSecond: 10, text: '10 a second' },
  { perSecond: 25, text: '25 a second' },
  { perSecond: 100, text: '100 a second' },
  { perSecond: 1_000, text: '1,000 a second' },
  { perSecond: 20_000, text: '20,000 a second' },
  { perSecond: 50_000, text: '50,000 a second' },
  { perSecond: Infinity, text: 'full' },
];

const kTeachingMost = 25;
const kMoveMsMost = 650;

export function speedAt(position: number): Speed {
  return kSpeeds[Math.max(0, Math.min(kSpeeds.length - 1, Math.round(position)))] ?? kSpeeds[0]!;
}

/** At teaching speed the rehash waits for the picture: one step after each command. */
export function isTeaching(speed: Speed): boolean {
  return speed.perSecond <= kTeachingMost;
}

/** How long one bucket's move is drawn; 0: not drawn. */
export function msPerMove(speed: Speed): number {
  return isTeaching(speed) ? Math.min(kMoveMsMost, 620 / speed.perSecond) : 0;
}

/** Commands of one batch at a speed that is not for teaching: about fifty batches a second. */
export function batchOf(speed: Speed): number {
  return Math.max(1, Math.min(2_000, Math.ceil(speed.perSecond / 50)));
}
