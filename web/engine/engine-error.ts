import { WadictError, type WadictErrorCode, type WadictErrorDetails } from '../errors.ts';

/** An error of the engine itself. `offset` is the byte position in the file or log being read. */
export class EngineError extends WadictError {
  readonly offset: number | undefined;

  constructor(
    code: WadictErrorCode,
    message: string,
    details: WadictErrorDetails & { offset?: number | undefined } = {},
  ) {
    super(code, message, details);
    this.name = 'EngineError';
    this.offset = details.offset;
  }
}
