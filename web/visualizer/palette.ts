/**
 * Colours of the canvas: read from the page's custom properties, so that one style sheet decides,
 * and two ramps that stay apart for colour-blind eyes (blue against orange, and viridis).
 */

export type Colour = readonly [red: number, green: number, blue: number];

export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly surface: string;
  readonly box: string;
  readonly place: string;
  readonly accent: string;
  readonly move: string;
  readonly good: string;
  readonly onEntry: string;
  readonly font: string;
  readonly mono: string;
  /**
   * Fill by entries of a bucket: index 0 empty, 12 full, above: children; the last: that or more.
   */
  readonly fill: readonly Colour[];
}

export const kFillLevels = 32;
const kFull = 12;

/** After viridis (S. van der Walt, N. Smith), its dark end lifted so that it shows on dark too. */
const kViridis: readonly Colour[] = [
  [112, 76, 178],
  [88, 88, 180],
  [62, 104, 168],
  [44, 122, 156],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [248, 230, 33],
];

function between(stops: readonly Colour[], share: number): Colour {
  const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const from = stops[low] ?? [0, 0, 0];
  const to = stops[low + 1] ?? from;
  const mix = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

export function css([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** An entry's own colour, the same wherever it moves. */
export function fingerprintColour(fingerprint: number): Colour {
  return between(kViridis, (fingerprint % 64) / 63);
}

/** Black or white text, whichever reads better on the colour. */
export function isLight([red, green, blue]: Colour): boolean {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

/** All levels differ, so that a picture can be read back exactly. */
export function fillRamp(
  empty: Colour,
  low: Colour,
  full: Colour,
  over: Colour,
  most: Colour,
): Colour[] {
  return Array.from({ length: kFillLevels }, (_, level) => {
    if (level === 0) return empty;
    if (level <= kFull) return between([low, full], (level - 1) / (kFull - 1));
    return between([over, most], (level - kFull - 1) / (kFillLevels - kFull - 2));
  });
}

export function fillLevel(entriesPerBucket: number): number {
  return Math.min(kFillLevels - 1, Math.ceil(entriesPerBucket));
}

/** rgb(1, 2, 3), as browsers compute colours. */
export function parseColour(text: string): Colour {
  const numbers = [...text.matchAll(/[\d.]+/g)].map(([digits]) => Number(digits));
  const [red = 0, green = 0, blue = 0] = numbers;
  return [Math.round(red), Math.round(green), Math.round(blue)];
}

/** The custom properties as the page's present theme resolves them. */
export function readTheme(probe: HTMLElement): Theme {
  const styles = getComputedStyle(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return styles.color;
  };
  const parsed = (name: string): Colour => parseColour(colour(name));
  return {
    text: colour('text'),
    muted: colour('muted'),
    faint: colour('faint'),
    line: colour('line'),
    surface: colour('surface'),
    box: colour('box'),
    place: colour('place'),
    accent: colour('accent'),
    move: colour('move'),
    good: colour('good'),
    onEntry: colour('surface'),
    font: styles.getPropertyValue('--font').trim() || 'sans-serif',
    mono: styles.getPropertyValue('--mono').trim() || 'monospace',
    fill: fillRamp(
      parsed('place'),
      parsed('fill-low'),
      parsed('fill-full'),
      parsed('fill-over'),
      parsed('fill-most'),
    ),
  };
}
