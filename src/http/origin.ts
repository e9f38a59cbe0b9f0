import type { IncomingMessage } from 'node:http';

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

/** Whose pages may call. */
interface WelcomeOrigins {
  readonly allowedOrigins: readonly string[];
  readonly corsOrigins: readonly string[];
}

/**
 * The same for the REST routes that list and call tools. They are called from pages besides: our own (`/docs`, where each
 * route can be tried), and those that CORS admits.
 */
export function checkPageOrigin(
  { headers: { origin, host } }: IncomingMessage,
  { allowedOrigins, corsOrigins }: WelcomeOrigins,
): void {
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return;
  checkOrigin(origin, [...allowedOrigins, ...corsOrigins]);
}
