// What the TypeScript tests use of resp.mjs.
export function show(reply: unknown): string;
