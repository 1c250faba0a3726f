/** The one place where the synchronous engine's default clock comes from. */
export type Clock = () => number;

/** Unix time in milliseconds. */
export const systemClock: Clock = () => Date.now();
