import type { DatabaseConfig } from '../config/gateway-config.js';
import type { DatabaseBackend } from './backend.js';
import { PgliteBackend } from './pglite/pglite-backend.js';

/**
 * The embedded database, being opened from now on in its own thread while this one loads the rest of the program:
 * together they take as long as the longer of the two. undefined where a server is configured, which is open already.
 */
export function earlyBackend({ url, dataDir }: DatabaseConfig): DatabaseBackend | undefined {
  if (url !== null) return undefined;
  const backend = new PgliteBackend({ dataDir, template: null });
  backend.begin();
  return backend;
}
