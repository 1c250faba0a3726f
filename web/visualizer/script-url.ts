/**
 * URLs of the page's own scripts, in the form that `require-trusted-types-for 'script'` asks for.
 * Only the names below can be made, so nothing typed or stored can become code.
 */

type OwnScript = 'worker.js' | 'lab.js' | 'service-worker.js';

interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy;
}

let policy: ScriptUrlPolicy | undefined;

/** A TrustedScriptURL where the browser has trusted types, else the URL's text. */
export function scriptUrl(file: OwnScript): string {
  const url = new URL(file, import.meta.url).href;
  const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes;
  if (factory === undefined) return url;
  policy ??= factory.createPolicy('wadict-page', { createScriptURL: (own) => own });
  return policy.createScriptURL(url) as string;
}
