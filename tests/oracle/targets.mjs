// The two sides of a comparison: a real redis-server over TCP, and our engine in this process. Both
// take a batch of commands and hand back their replies in order.
import { connect } from 'node:net';
import { startRedis } from './redis-server.mjs';
import { Decoder, encode } from './resp.mjs';

export class RedisTarget {
  #server;
  #socket;
  #decoder = new Decoder();
  #waiting = [];
  #replies = [];

  static async start(options) {
    const target = new RedisTarget();
    target.#server = await startRedis(options);
    target.#socket = connect(target.#server.port, '127.0.0.1').setNoDelay(true);
    await new Promise((resolve, reject) => {
      target.#socket.once('connect', resolve).once('error', reject);
    });
    target.#socket.on('data', (chunk) => target.#receive(chunk));
    target.#socket.on('close', () => target.#fail(new Error('redis-server closed the connection')));
    return target;
  }

  get folder() {
    return this.#server.folder;
  }

  get port() {
    return this.#server.port;
  }

  #receive(chunk) {
    this.#replies.push(...this.#decoder.push(chunk));
    while (this.#waiting.length > 0 && this.#replies.length >= this.#waiting[0].count) {
      const { count, resolve } = this.#waiting.shift();
      resolve(this.#replies.splice(0, count));
    }
  }

  #fail(error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  run(commands) {
    if (commands.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count: commands.length, resolve, reject });
      this.#socket.write(Buffer.concat(commands.map(encode)));
    });
  }

  async call(...words) {
    return (await this.run([words]))[0];
  }

  async close() {
    this.#socket.destroy();
    await this.#server.close();
  }
}

/** `port`: an EnginePort (web/engine/engine-port.ts). Its clock is the machine's. */
export class EngineTarget {
  #port;
  #session;

  constructor(port) {
    this.#port = port;
    this.#session = port.openSession();
  }

  async run(commands) {
    const decoder = new Decoder();
    const replies = [];
    for (const command of commands) {
      const chunk = this.#port.execute(this.#session, encode(command), Date.now());
      replies.push(...decoder.push(Buffer.from(chunk.bytes)));
    }
    if (replies.length !== commands.length || decoder.rest > 0) {
      throw new Error(`${commands.length} commands, ${replies.length} replies`);
    }
    this.#port.tick(Date.now(), 10_000);
    return replies;
  }

  async call(...words) {
    return (await this.run([words]))[0];
  }

  async close() {
    this.#port.closeSession(this.#session);
  }
}
