import type { TransportKind, UpstreamEndpoint } from '../../core/upstream.js';
import { HttpSseTransport } from './http/http-sse.transport.js';
import type { RemoteEndpoint } from './http/request-headers.js';
import { StreamableHttpTransport } from './http/streamable-http.transport.js';
import type { StdioEndpoint } from './stdio/child-process.js';
import { StdioTransport } from './stdio/stdio.transport.js';
import type { Transport, TransportLimits, TransportListener } from './transport.js';

/** What every transport is made from. */
export interface TransportSetup {
  readonly limits: TransportLimits;
  readonly listener: TransportListener;
  /** A line a child process wrote to its stderr. */
  readonly onStderr: (line: string) => void;
}

/** All transports there are. A new one is one line here and one in the contract suite. */
const transports = {
  stdio: (endpoint: StdioEndpoint, setup: TransportSetup) =>
    new StdioTransport(endpoint, setup.limits, setup.listener, setup.onStderr),
  sse: (endpoint: RemoteEndpoint, setup: TransportSetup) =>
    new HttpSseTransport(endpoint, setup.limits, setup.listener),
  http: (endpoint: RemoteEndpoint, setup: TransportSetup) =>
    new StreamableHttpTransport(endpoint, setup.limits, setup.listener),
} satisfies Record<TransportKind, (endpoint: never, setup: TransportSetup) => Transport>;

/** @param kind for remote endpoints, where there is a choice; a command is always spoken to over stdio */
export function createTransport(
  endpoint: UpstreamEndpoint,
  kind: TransportKind,
  setup: TransportSetup,
): Transport {
  if (endpoint.kind === 'stdio') return transports.stdio(endpoint, setup);
  return kind === 'sse' ? transports.sse(endpoint, setup) : transports.http(endpoint, setup);
}

/** Which transports to try, in order, for an endpoint (contract section 2). */
export function candidateTransports(endpoint: UpstreamEndpoint): readonly TransportKind[] {
  if (endpoint.kind === 'stdio') return ['stdio'];
  if (endpoint.transport !== null) return [endpoint.transport];
  return endpoint.url.pathname.endsWith('/sse') ? ['sse', 'http'] : ['http', 'sse'];
}
