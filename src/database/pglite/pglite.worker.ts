import { parentPort } from 'node:worker_threads';

import { PgliteHost } from './pglite-host.js';
import type { PgliteRequest } from './pglite-protocol.js';

/** The thread that PGlite lives in: a statement takes its time here, not between two calls of a client. */
const host = new PgliteHost();
const port = parentPort;

port?.on('message', ({ id, request }: { id: number; request: PgliteRequest }) => {
  void host.answer(request).then((reply) => port.postMessage({ id, reply }));
});
