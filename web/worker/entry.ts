/** The Worker's script: hands the page's messages to a WorkerHost. */

import { holdLifeLock, openInWorker } from './open-in-worker.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { WorkerHost } from './worker-host.ts';
import type { Port } from './wire.ts';

interface WorkerScope extends Port<FromWorker> {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const host = new WorkerHost({ port: scope, holdLock: holdLifeLock, open: openInWorker });
scope.onmessage = ({ data }) => host.receive(data);
