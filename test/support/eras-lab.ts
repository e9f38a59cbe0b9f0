import { eventually } from './gateway.js';
import { serveInProcess, type InProcessGateway } from './in-process.js';
import { fixtureCommand, modernCommand, startFixture, startModern } from './upstreams/fixture.js';

/** The fixtures of each era on each transport, by the names of their servers. */
export const eraServers = ['old_http', 'old_sse', 'old_stdio', 'new_http', 'new_stdio'] as const;

/** The whole program in this process, in front of upstreams of both eras. */
export interface ErasLab {
  readonly gateway: InProcessGateway;
  stop(): Promise<void>;
}

export async function startErasLab(): Promise<ErasLab> {
  const [http, sse, modern] = await Promise.all([startFixture('http'), startFixture('sse'), startModern()]);
  const mcp_servers = {
    old_http: { url: http.url.href },
    old_sse: { url: sse.url.href },
    old_stdio: fixtureCommand(),
    new_http: { url: modern.url.href, timeout_ms: 3_000 },
    new_stdio: modernCommand(),
  };
  // JSON is YAML.
  const gateway = await serveInProcess(JSON.stringify({ mcp_servers }));
  await eventually('all five upstreams', async () => {
    const { body } = await gateway.request('GET', '/mcp/tools/list');
    const { tools } = body as { tools: { mcp_info: { server_name: string } }[] };
    const known = new Set(tools.map((tool) => tool.mcp_info.server_name));
    return eraServers.every((name) => known.has(name));
  });
  return {
    gateway,
    stop: async () => {
      await gateway.close();
      await Promise.all([http.kill(), sse.kill(), modern.kill()]);
    },
  };
}
