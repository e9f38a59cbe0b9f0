import { createHash } from 'node:crypto';

import type { Secret } from '../core/secret.js';
import type { UpstreamConfig } from '../core/upstream.js';

/** Whether two configurations lead to the same place in the same way, so that a connection of one serves the other. */
export function sameEndpoint(a: UpstreamConfig, b: UpstreamConfig): boolean {
  return endpointText(a) === endpointText(b);
}

/** Whether nothing at all differs. */
export function sameConfig(a: UpstreamConfig, b: UpstreamConfig): boolean {
  const rest = (config: UpstreamConfig): string => JSON.stringify({ ...config, endpoint: null });
  return sameEndpoint(a, b) && rest(a) === rest(b);
}

/** Names where a catalog came from without telling any secret: only what is plain in the configuration goes in. */
export function endpointFingerprint({ endpoint }: UpstreamConfig): string {
  const plain =
    endpoint.kind === 'stdio'
      ? [endpoint.kind, endpoint.command, endpoint.args, endpoint.cwd]
      : [endpoint.kind, endpoint.url.origin, endpoint.url.pathname];
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex');
}

function endpointText({ endpoint }: UpstreamConfig): string {
  if (endpoint.kind === 'stdio') return JSON.stringify({ ...endpoint, env: revealed(endpoint.env) });
  const { url, auth, staticHeaders, transport, reach } = endpoint;
  const credential = auth.type === 'none' ? null : auth.value.reveal();
  return JSON.stringify([url.href, transport, auth.type, credential, revealed(staticHeaders), reach]);
}

function revealed(secrets: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));
}
