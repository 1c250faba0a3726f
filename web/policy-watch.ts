/**
 * A Content-Security-Policy that refuses a script or a download shows as a bare network error. The
 * browser tells the directive in an event of its own; here the two meet.
 */
import { WadictError } from './errors.ts';

/** In Workers the event follows the failure, by milliseconds: how long a failure waits for it. */
const kWaitMs = 500;

/**
 * Runs `act`. If it rejects with WORKER_LOAD or WASM_LOAD and the policy refused something
 * meanwhile, rejects with CSP instead, naming the directive and what it refused.
 */
export async function namingPolicy<T>(act: () => Promise<T>): Promise<T> {
  const target: EventTarget = (globalThis.document as Document | undefined) ?? globalThis;
  let refused: SecurityPolicyViolationEvent | undefined;
  const notice = (event: Event): void => {
    refused = event as SecurityPolicyViolationEvent;
  };
  target.addEventListener?.('securitypolicyviolation', notice);
  try {
    return await act();
  } catch (cause) {
    const isLoad = cause instanceof WadictError && /^W\w+_LOAD$/.test(cause.code);
    if (!isLoad) throw cause;
    if (refused === undefined) await eventOrTimeout(target);
    if (refused === undefined) throw cause;
    const { effectiveDirective, blockedURI } = refused;
    const message =
      `the page's Content-Security-Policy forbids ${blockedURI}: ` +
      `allow it in ${effectiveDirective}`;
    throw new WadictError('CSP', message, { cause });
  } finally {
    target.removeEventListener?.('securitypolicyviolation', notice);
  }
}

function eventOrTimeout(target: EventTarget): Promise<void> {
  const late = AbortSignal.timeout(kWaitMs);
  return new Promise((resolve) => {
    const end = (): void => resolve();
    target.addEventListener?.('securitypolicyviolation', end, { once: true, signal: late });
    late.addEventListener('abort', end, { once: true });
  });
}
