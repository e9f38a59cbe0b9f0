import { once } from 'node:events';
import { createServer } from 'node:net';

import type { GatewayConfig } from './config/gateway-config.js';

/** Rejects with the error of a port that is taken: found before a database is opened and all the rest is loaded. */
export async function checkPort({ server: { host, port } }: GatewayConfig): Promise<void> {
  const probe = createServer().listen({ host, port });
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}
