import { eventually, startGateway, type RunningGateway } from './gateway.js';

/** The built gateway with upstreams behind it, and a key for everything. */
export interface McpLab {
  readonly gateway: RunningGateway;
  readonly url: string;
  readonly key: string;
  issueKey(permissions?: Readonly<Record<string, unknown>>): Promise<string>;
  stop(): Promise<void>;
}

/** One entry of `mcp_servers`. */
export type UpstreamEntry = Readonly<Record<string, unknown>>;

/** Starts the gateway and waits until it knows the tools of every upstream. */
export async function startLab(
  upstreams: Readonly<Record<string, UpstreamEntry>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<McpLab> {
  // JSON is YAML.
  const config = JSON.stringify({ mcp_servers: upstreams, general_settings: settings });
  const gateway = await startGateway({ config });
  const issueKey = async (permissions: Readonly<Record<string, unknown>> = {}): Promise<string> =>
    String((await gateway.api('POST', '/key/generate', permissions)).body['key']);
  await eventually('every catalog', async () => {
    const { body } = await gateway.api('GET', '/mcp/tools/list');
    const known = new Set(
      (body['tools'] as { mcp_info: { server_name: string } }[]).map((it) => it.mcp_info.server_name),
    );
    return Object.keys(upstreams).every((name) => known.has(name));
  });
  return {
    gateway,
    url: gateway.url,
    key: await issueKey(),
    issueKey,
    stop: async () => {
      await gateway.stop();
    },
  };
}
