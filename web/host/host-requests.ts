/**
 * What commands ask of the host: SAVE, BGSAVE, BGREWRITEAOF, SHUTDOWN, CONFIG SET of parameters
 * that are the host's. Replies and errors are Redis's.
 */

import type { HostRequest } from '../engine/engine-port.ts';
import type { EngineLife } from './engine-life.ts';

/** What the host offers for it. */
export interface HostControl {
  readonly life: EngineLife;
  /** Answers a request; nothing happens if the engine it came from is gone. */
  complete(life: EngineLife, request: HostRequest, error: string | null, text?: string): void;
  /** Applies a parameter. Returns a RESP error text, or null. */
  configure(name: string, value: string): Promise<string | null> | null;
  shutdown(isSaved: boolean): Promise<void>;
  /** Builds the engine anew from the log; `answer` is called when all is written. */
  reloadLog(answer: () => void): Promise<void>;
  /** Writes the present state as a log, where none is kept. */
  writeLogOnce(): Promise<void>;
  /** A save or rewrite in the background failed. */
  noteFailure(error: unknown): void;
}

const kLoadFailed = 'ERR Error trying to load the AOF files, check server logs.';
const kRewriteRunning = 'ERR Background append only file rewriting already in progress';

export class HostRequests {
  readonly #control: HostControl;
  /** What to start when the walk that is running has ended. */
  #scheduled: 'bgsave' | 'bgrewriteaof' | null = null;

  constructor(control: HostControl) {
    this.#control = control;
  }

  handle(request: HostRequest): void {
    const { life } = this.#control;
    switch (request.kind) {
      case 'save':
        return this.#save(life, request);
      case 'bgsave':
        return this.#bgsave(life, request);
      case 'bgrewriteaof':
        return this.#rewrite(life, request);
      case 'config':
        return this.#configure(life, request);
      case 'shutdown':
        return this.#shutdown(life, request);
      case 'debug-loadaof':
        return this.#loadLog(life, request);
    }
  }

  /** Starts what was scheduled while a walk was running. */
  #next(life: EngineLife): void {
    const kind = this.#scheduled;
    this.#scheduled = null;
    if (kind === null || life.isEnded) return;
    this.#inBackground(life, kind === 'bgsave' ? life.save() : life.rewrite(true));
  }

  #inBackground(life: EngineLife, work: Promise<void>): void {
    work
      .catch((error: unknown) => this.#control.noteFailure(error))
      .finally(() => this.#next(life));
  }

  #save(life: EngineLife, request: HostRequest): void {
    // The engine refuses SAVE during a save; a rewrite of the log or an export is waited for.
    const saved = life.writer.idle().then(() => life.save());
    saved.then(
      () => this.#control.complete(life, request, null),
      (error: unknown) => {
        this.#control.noteFailure(error);
        this.#control.complete(life, request, `ERR ${messageOf(error)}`);
      },
    );
  }

  #bgsave(life: EngineLife, request: HostRequest): void {
    if (life.writer.isRunning) {
      this.#scheduled = 'bgsave';
      return this.#control.complete(life, request, null, 'Background saving scheduled');
    }
    this.#inBackground(life, life.save());
    this.#control.complete(life, request, null, 'Background saving started');
  }

  /** Without a log there may be one that BGREWRITEAOF wrote; it is read, and ended again. */
  #loadLog(life: EngineLife, request: HostRequest): void {
    const failed = (): void => this.#control.complete(life, request, kLoadFailed);
    if (life.manifest === null) return failed();
    this.#control
      .reloadLog(() => this.#control.complete(life, request, null))
      .catch((error: unknown) => {
        this.#control.noteFailure(error);
        failed();
      });
  }

  #rewrite(life: EngineLife, request: HostRequest): void {
    if (!life.canKeepLog)
      return this.#control.complete(life, request, 'ERR this store keeps no append only file');
    if (life.writer.isRunning) {
      if (this.#scheduled === 'bgrewriteaof')
        return this.#control.complete(life, request, kRewriteRunning);
      this.#scheduled = 'bgrewriteaof';
      return this.#control.complete(
        life,
        request,
        null,
        'Background append only file rewriting scheduled',
      );
    }
    this.#inBackground(
      life,
      life.queue === null ? this.#control.writeLogOnce() : life.rewrite(true),
    );
    this.#control.complete(life, request, null, 'Background append only file rewriting started');
  }

  #configure(life: EngineLife, request: HostRequest): void {
    const space = request.argument.indexOf(' ');
    const name = space < 0 ? request.argument : request.argument.slice(0, space);
    const value = space < 0 ? '' : request.argument.slice(space + 1);
    const applied = this.#control.configure(name.toLowerCase(), value);
    if (applied === null) return this.#control.complete(life, request, null);
    applied.then(
      (error) => this.#control.complete(life, request, error),
      (error: unknown) => this.#control.complete(life, request, `ERR ${messageOf(error)}`),
    );
  }

  #shutdown(life: EngineLife, request: HostRequest): void {
    const isSaved = !/\bnosave\b/i.test(request.argument);
    this.#control.shutdown(isSaved).catch((error: unknown) => {
      this.#control.noteFailure(error);
      this.#control.complete(life, request, 'ERR Errors trying to SHUTDOWN. Check logs.');
    });
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/[\r\n]+/g, ' ');
}
