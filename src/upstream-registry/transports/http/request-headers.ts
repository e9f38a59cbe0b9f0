import type { UpstreamAuth, UpstreamEndpoint } from '../../../core/upstream.js';

export type RemoteEndpoint = Extract<UpstreamEndpoint, { kind: 'remote' }>;

/** Headers that belong to the protocol or to one hop: neither configuration nor a client sets them. */
const reserved = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a header belongs to the protocol or to one hop, so that setting it has no effect. */
export const isReservedHeader = (name: string): boolean => reserved.has(name.toLowerCase());

/** The headers that say who we are to one upstream: its auth, then its static headers, which win. */
export class RequestHeaders {
  readonly #own: readonly string[];
  readonly #names: ReadonlySet<string>;

  constructor(endpoint: RemoteEndpoint) {
    const own = new Map<string, string>();
    const auth = authHeader(endpoint.auth);
    if (auth !== null) own.set(auth.name, auth.value);
    for (const [name, secret] of Object.entries(endpoint.staticHeaders)) {
      const lower = name.toLowerCase();
      if (!reserved.has(lower)) own.set(lower, secret.reveal());
    }
    this.#names = new Set(own.keys());
    this.#own = [...own].flat();
  }

  /** Flat name and value list, as the HTTP client takes it: `protocol` headers first, then ours. */
  with(protocol: readonly string[]): string[] {
    return [...protocol, ...this.#own];
  }

  /** `base` with a client's forwarded headers behind it, except what is ours or the protocol's. */
  forwarding(base: readonly string[], forwarded: Readonly<Record<string, string>>): string[] {
    const headers = [...base];
    for (const [name, value] of Object.entries(forwarded)) {
      const lower = name.toLowerCase();
      if (!reserved.has(lower) && !this.#names.has(lower)) headers.push(lower, value);
    }
    return headers;
  }
}

function authHeader(auth: UpstreamAuth): { name: string; value: string } | null {
  switch (auth.type) {
    case 'none':
      return null;
    case 'bearer_token': {
      const token = auth.value.reveal();
      return { name: 'authorization', value: /^bearer /i.test(token) ? token : `Bearer ${token}` };
    }
    case 'api_key':
      return { name: 'x-api-key', value: auth.value.reveal() };
    case 'basic':
      return { name: 'authorization', value: `Basic ${basicCredentials(auth.value.reveal())}` };
    case 'authorization':
      return { name: 'authorization', value: auth.value.reveal() };
  }
}

/** `user:password` is encoded (RFC 7617); base64 has no colon, so a value without one is encoded already. */
export function basicCredentials(value: string): string {
  const credentials = value.replace(/^basic /i, '');
  return credentials.includes(':') ? Buffer.from(credentials).toString('base64') : credentials;
}
