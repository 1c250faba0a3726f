/** What a page tells its Worker of itself: whether it is seen, and that it may have slept. */

export interface PageLife {
  /** Hidden pages leave it to visible ones to take the lead from a leader that does not answer. */
  readonly isVisible: boolean;
  /** It was frozen, or lay in the back/forward cache. */
  readonly hasSlept: boolean;
}

/** Tells now and after every change; returns a function that stops it. Nothing outside of pages. */
export function watchPage(tell: (life: PageLife) => void): () => void {
  if (typeof document === 'undefined' || typeof addEventListener !== 'function')
    return () => undefined;
  const isVisible = (): boolean => document.visibilityState === 'visible';
  const changed = (): void => tell({ isVisible: isVisible(), hasSlept: false });
  const woke = (): void => tell({ isVisible: isVisible(), hasSlept: true });
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) woke();
  };
  document.addEventListener('visibilitychange', changed);
  document.addEventListener('resume', woke);
  addEventListener('pageshow', shown);
  changed();
  return () => {
    document.removeEventListener('visibilitychange', changed);
    document.removeEventListener('resume', woke);
    removeEventListener('pageshow', shown);
  };
}
