import type { UpstreamConfig } from '../core/upstream.js';
import { basicCredentials } from './transports/http/request-headers.js';

const replacement = '[redacted]';
/** Static headers and variables hold ordinary words too; shorter values than these are not taken for secrets. */
const shortestHeader = 4;
const shortestVariable = 8;
const maxDepth = 64;

/** A path segment or query value that looks made, not written: a vendor's key prefix, or long with letters and digits. */
const secretLooking =
  /^(?:sk|pk|ak|rk|xox[a-z]|gh[a-z]|key|tok|token)[-_]|^(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_~.=-]{16,}$/;

/** Takes what we were configured with to reach one upstream out of what that upstream says. */
export class Redactor {
  readonly #secrets: readonly string[];

  constructor(config: UpstreamConfig) {
    const secrets = new Set(secretsOf(config).filter((secret) => secret !== ''));
    for (const secret of [...secrets]) secrets.add(encodeURIComponent(secret));
    // Longest first: a secret that holds another must not be left in halves.
    this.#secrets = [...secrets].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let result = text;
    for (const secret of this.#secrets)
      if (result.includes(secret)) result = result.replaceAll(secret, replacement);
    return result;
  }

  /** Every string in a JSON value, member names too. What is nested absurdly deep is left out. */
  value(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > maxDepth) return replacement;
    if (Array.isArray(value)) return value.map((item) => this.value(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.text(name), this.value(member, depth + 1)]),
    );
  }
}

function secretsOf({ endpoint }: UpstreamConfig): string[] {
  if (endpoint.kind === 'stdio') {
    return Object.values(endpoint.env)
      .map((secret) => secret.reveal())
      .filter((value) => value.length >= shortestVariable);
  }
  const headers = Object.values(endpoint.staticHeaders)
    .map((secret) => secret.reveal())
    .filter((value) => value.length >= shortestHeader);
  return [...authSecrets(endpoint.auth), ...headers, ...urlSecrets(endpoint.url)];
}

function authSecrets(auth: Extract<UpstreamConfig['endpoint'], { kind: 'remote' }>['auth']): string[] {
  if (auth.type === 'none') return [];
  const value = auth.value.reveal();
  const bare = value.replace(/^(?:bearer|basic)\s+/i, '');
  if (auth.type !== 'basic') return [value, bare];
  const encoded = basicCredentials(value);
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  return [value, bare, encoded, decoded, decoded.slice(decoded.indexOf(':') + 1)];
}

function urlSecrets(url: URL): string[] {
  const segments = url.pathname.split('/').filter((segment) => secretLooking.test(segment));
  const values = [...url.searchParams.values()].filter((value) => value.length >= shortestVariable);
  return [url.password, decodeURIComponent(url.password), ...segments, ...values];
}
