/** A server of the built page for tests that take the network away or move the page elsewhere. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface PageServer {
  readonly address: string;
  close(): Promise<void>;
}

const kServer = fileURLToPath(new URL('../../web/build/serve.mjs', import.meta.url));
const kPage =
  process.env['WADICT_PAGE'] ?? fileURLToPath(new URL('../../dist/page', import.meta.url));

/** A free port. Rejects if the server ends before it says where it is. */
export async function servePage(folder: string = kPage): Promise<PageServer> {
  const process_ = spawn(process.execPath, [kServer, '0', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => process_.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    process_.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const found = /http:\/\/\S+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    void ended.then(() => reject(new Error(`the page's server ended: ${said}`)));
  });
  return {
    address,
    close: () => {
      process_.kill();
      return ended;
    },
  };
}
