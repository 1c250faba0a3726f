// What the TypeScript tests use of redis-server.mjs.
export function oracleFolder(): string;
export function oracleTool(name: string): string;
