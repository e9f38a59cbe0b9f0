import { GatewayError } from '../core/errors.js';

const loopback = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Refuses browsers' requests from foreign pages (MCP transports, "Security Warning": servers MUST validate Origin).
 * No Origin is fine: the caller is no browser. Pages on this very machine and configured origins are welcome.
 */
export function checkOrigin(origin: string | undefined, allowedOrigins: readonly string[]): void {
  if (origin === undefined || loopback.test(origin)) return;
  for (const allowed of allowedOrigins) if (allowed === '*' || allowed === origin) return;
  throw new GatewayError('ORIGIN_NOT_ALLOWED', { param: 'Origin' });
}
