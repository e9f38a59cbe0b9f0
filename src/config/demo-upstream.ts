import { fileURLToPath } from 'node:url';

import type { UpstreamConfig } from '../core/upstream.js';

/** From the sources, too, the compiled program is started: Node cannot run TypeScript. */
const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/demo/main.js' : '../demo/main.js', import.meta.url),
);

/** The upstream that is there when there is no configuration file. */
export function demoUpstream(maxConcurrentRequests: number): UpstreamConfig {
  return {
    name: 'demo',
    id: 'demo',
    source: 'demo',
    endpoint: { kind: 'stdio', command: process.execPath, args: [program], env: {}, cwd: null },
    description: 'Built-in demo tools; they go when there is a config.yaml.',
    accessGroups: [],
    allowedTools: null,
    disallowedTools: [],
    extraHeaders: [],
    timeoutMs: 60_000,
    idleTimeoutMs: null,
    connectTimeoutMs: null,
    maxConcurrentRequests,
    session: 'auto',
    pin: false,
    info: {},
  };
}
