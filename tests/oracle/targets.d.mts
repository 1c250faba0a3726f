// What the TypeScript tests use of targets.mjs.
export class RedisTarget {
  static start(options: { folder?: string; options?: string[] }): Promise<RedisTarget>;
  call(...words: string[]): Promise<unknown>;
  close(): Promise<void>;
}
