import { defaultSafetyLimits } from '../../../src/config/safety-limits.js';
import type { GatewayConfig, SafetyLimits } from '../../../src/config/gateway-config.js';
import { Secret } from '../../../src/core/secret.js';
import type { UpstreamConfig, UpstreamEndpoint } from '../../../src/core/upstream.js';

type RemoteEndpoint = Extract<UpstreamEndpoint, { kind: 'remote' }>;

export function remote(url: URL | string, more: Partial<RemoteEndpoint> = {}): RemoteEndpoint {
  return {
    kind: 'remote',
    url: new URL(url),
    transport: null,
    auth: { type: 'none' },
    staticHeaders: {},
    ...more,
  };
}

export function stdio(
  { command, args }: { command: string; args: readonly string[] },
  env: Readonly<Record<string, string>> = {},
): UpstreamEndpoint {
  const secrets = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, new Secret(value)]));
  return { kind: 'stdio', command, args, env: secrets, cwd: null };
}

export function upstreamConfig(
  name: string,
  endpoint: UpstreamEndpoint,
  more: Partial<UpstreamConfig> = {},
): UpstreamConfig {
  return {
    name,
    id: name,
    source: 'file',
    endpoint,
    description: null,
    accessGroups: [],
    allowedTools: null,
    disallowedTools: [],
    extraHeaders: [],
    timeoutMs: 20_000,
    idleTimeoutMs: null,
    connectTimeoutMs: null,
    maxConcurrentRequests: 256,
    // Nobody looks at it a second time, as a client that can be asked: tests count connections.
    session: 'shared',
    pin: false,
    info: {},
    ...more,
  };
}

/** What a registry reads of the configuration. */
export function registryConfig(
  upstreams: readonly UpstreamConfig[],
  limits: Partial<SafetyLimits> = {},
): GatewayConfig {
  return {
    upstreams,
    limits: { ...defaultSafetyLimits, ...limits },
    mcp: { separator: '__' },
  } as unknown as GatewayConfig;
}
