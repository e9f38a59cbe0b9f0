import type { GatewayConfig } from '../gateway-config.js';
import { sameContent } from '../same-content.js';

/** Whether a change of a setting reaches the running gateway, or waits for its next start. */
const takesEffect = {
  file: 'at once',
  files: 'at once',
  server: 'at the next start',
  log: 'at the next start',
  database: 'at the next start',
  redisUrl: 'at the next start',
  masterKey: 'at the next start',
  saltKey: 'at the next start',
  upstreams: 'at once',
  mcpAliases: 'at the next start',
  models: 'at once',
  modelFallbacks: 'at once',
  modelRouting: 'at once',
  mcp: 'at the next start',
  limits: 'at the next start',
  audit: 'at once',
  metricsPublic: 'at once',
} as const satisfies Record<keyof GatewayConfig, 'at once' | 'at the next start'>;

/** Paths of the settings that differ and wait for the next start, e.g. `server.port`. */
export function settingsNeedingRestart(previous: GatewayConfig, next: GatewayConfig): readonly string[] {
  const names = Object.keys(takesEffect) as (keyof GatewayConfig)[];
  return names
    .filter((name) => takesEffect[name] === 'at the next start')
    .flatMap((name) => differingPaths(name, previous[name], next[name]));
}

function differingPaths(name: string, previous: unknown, next: unknown): readonly string[] {
  if (sameContent(previous, next)) return [];
  if (!isGroup(previous) || !isGroup(next)) return [name];
  return Object.keys(next)
    .filter((key) => !sameContent(previous[key], next[key]))
    .map((key) => `${name}.${key}`);
}

/** A plain group of settings, not a Secret, which has no keys to name. */
function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
