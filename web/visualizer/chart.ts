/** What every chart of the page shares: its size, and axes in the colours of the theme (uPlot). */
import type uPlot from 'uplot';
import { readTheme, type Theme } from './palette.ts';

/** As wide as its host, in CSS pixels. */
export function chartSize(host: HTMLElement, height: number): { width: number; height: number } {
  return { width: Math.max(120, host.clientWidth), height };
}

/** The theme as it is now, and an axis drawn in it. */
export function chartAxis(host: HTMLElement): { theme: Theme; axis: uPlot.Axis } {
  const probe = document.createElement('span');
  host.append(probe);
  const theme = readTheme(probe);
  probe.remove();
  const lines = { stroke: theme.line, width: 1 };
  const axis = { stroke: theme.muted, font: `12px ${theme.font}`, grid: lines, ticks: lines };
  return { theme, axis };
}
