import { describe, expect, test } from '@jest/globals';

import { configOf, loadText } from './load-text.js';

/** Files as LiteLLM's own pages show them. */
describe("LiteLLM's files work unchanged", () => {
  test('the first page on MCP: addresses alone', async () => {
    const { config, warnings } = await loadText(`model_list:
- model_name: gpt-4o
  litellm_params:
    model: openai/gpt-4o
    api_key: sk-xxxxxxx

mcp_servers:
  zapier_mcp:
    url: "https://actions.zapier.com/mcp/sk-akxxxxx/sse"
  fetch:
    url: "http://localhost:8000/sse"
`);
    expect(warnings).toEqual([]);
    expect(
      config?.upstreams.map(({ name, endpoint }) => [name, endpoint.kind === 'remote' && endpoint.transport]),
    ).toEqual([
      ['zapier_mcp', null],
      ['fetch', null],
    ]);
  });

  test('every kind of server', async () => {
    const config = await configOf(`mcp_servers:
  stdio_by_name: { transport: stdio, command: npx, args: ["-y", "x"], env: { A: "1" } }
  stdio_by_command: { command: uvx }
  http: { url: "https://a/mcp", transport: "http", auth_type: "bearer_token", authentication_token: "t" }
  github_style: { url: "https://b/mcp", auth_type: token, auth_value: ghp }
  basic: { url: "https://c/mcp", transport: sse, auth_type: basic, auth_value: "u:p" }
  grouped:
    url: https://d/mcp
    access_groups: ["dev_group"]
    mcp_info: { server_name: Grouped, description: From the info, logo_url: "http://x/logo.png" }
    static_headers: { X-Team: platform }
    extra_headers: [X-Request-Id, Authorization]
    allowed_tools: [a]
    disallowed_tools: [b]
    timeout: 2.5
`);
    expect(config.upstreams.map(({ endpoint }) => endpoint.kind)).toEqual([
      'stdio',
      'stdio',
      'remote',
      'remote',
      'remote',
      'remote',
    ]);
    const auth = config.upstreams.map(({ endpoint }) =>
      endpoint.kind === 'remote' && endpoint.auth.type !== 'none'
        ? `${endpoint.auth.type} ${endpoint.auth.value.reveal()}`
        : null,
    );
    expect(auth).toEqual([null, null, 'bearer_token t', 'authorization token ghp', 'basic u:p', null]);
    expect(config.upstreams[5]).toMatchObject({
      id: 'grouped',
      description: 'From the info',
      accessGroups: ['dev_group'],
      allowedTools: ['a'],
      disallowedTools: ['b'],
      extraHeaders: ['x-request-id', 'authorization'],
      timeoutMs: 2500,
      info: { logo_url: 'http://x/logo.png' },
    });
  });

  test('servers as a list', async () => {
    const config = await configOf(`mcp_servers:
  - server_name: github
    url: https://api.githubcopilot.com/mcp/
  - server_name: files
    command: npx
`);
    expect(config.upstreams.map(({ name, id }) => [name, id])).toEqual([
      ['github', 'github'],
      ['files', 'files'],
    ]);
  });

  test('aliases name the tools, and every other name still finds the server', async () => {
    const config = await configOf(`litellm_settings:
  mcp_aliases: { gh: github_mcp_server, hub: github_mcp_server, zap: zapier }
mcp_servers:
  github_mcp_server: { url: "http://a/" }
  zapier: { url: "http://b/", alias: z }
  with space: { url: "http://c/" }
`);
    expect(config.upstreams.map(({ name, id }) => [name, id])).toEqual([
      ['gh', 'github_mcp_server'],
      ['z', 'zapier'],
      ['with_space', 'with_space'],
    ]);
    expect(config.mcpAliases).toEqual({
      github_mcp_server: 'gh',
      hub: 'gh',
      zapier: 'z',
      zap: 'z',
      'with space': 'with_space',
    });
  });

  test('an alias never takes the name of another server', async () => {
    const { config, warnings } = await loadText(`litellm_settings: { mcp_aliases: { b: c, c2: c, c3: c } }
mcp_servers: { b: { url: "http://b/" }, c: { url: "http://c/" } }
`);
    expect(config?.upstreams.map(({ name, id }) => [name, id])).toEqual([
      ['b', 'b'],
      ['c2', 'c'],
    ]);
    expect(config?.mcpAliases).toEqual({ c: 'c2', c3: 'c2' });
    expect(warnings).toEqual(['config.yaml:1:36: alias "b" is left out: it is the name of server "b"']);
  });

  test('the whole of a proxy configuration', async () => {
    const { faults, warnings } = await loadText(
      `environment_variables:
  REDIS_HOST: cache
model_list:
  - model_name: "*"
    litellm_params: { model: "openai/*", api_key: os.environ/OPENAI_API_KEY, rpm: "100" }
    model_info: { id: my-id, mode: chat, base_model: null }
  - model_name: claude
    litellm_params: &claude
      model: anthropic/claude-3
      api_key: os.environ/OPENAI_API_KEY
      max_tokens: 100
  - model_name: claude
    litellm_params: { <<: *claude, model: anthropic/claude-4 }
litellm_settings: { drop_params: True, set_verbose: no, cache: true, cache_params: { type: redis } }
router_settings: { routing_strategy: least-busy, model_group_alias: { a: b } }
general_settings: { master_key: sk-1234, database_url: "postgresql://u:p@db:5432/l", store_model_in_db: true }
`,
      { env: { OPENAI_API_KEY: 'k' } },
    );
    expect(faults).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

describe('models', () => {
  test('are split into provider and model, and keep what the provider may want', async () => {
    const { models } = await configOf(`model_list:
  - model_name: gpt
    litellm_params: { model: gpt-4o }
  - model_name: llama
    litellm_params:
      model: together_ai/meta-llama/Llama-3
      api_key: key
      timeout: 1.5
      stream_options: { include_usage: true }
      headers: { X-Key: hidden }
    model_info: { input_cost_per_token: 0.5, output_cost_per_token: 1e-6 }
`);
    expect(models[0]).toMatchObject({
      provider: 'openai',
      providerModel: 'gpt-4o',
      weight: 1,
      timeoutMs: 600_000,
    });
    expect(models[1]).toMatchObject({
      provider: 'together_ai',
      providerModel: 'meta-llama/Llama-3',
      timeoutMs: 1500,
      inputCostPerToken: 0.5,
      outputCostPerToken: 1e-6,
    });
    expect(JSON.stringify(models[1]?.extra)).toBe(
      '{"stream_options":{"include_usage":true},"headers":{"X-Key":"[redacted]"}}',
    );
  });

  test("take the provider's own variables, but never send its key to another address", async () => {
    const { models } = await configOf(
      `model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: b, litellm_params: { model: openai/b, api_base: "http://elsewhere/v1" } }
  - { model_name: c, litellm_params: { model: bedrock/c } }
  - { model_name: d, litellm_params: { model: azure/d } }
`,
      {
        env: {
          OPENAI_API_KEY: 'k',
          AWS_REGION: 'eu-central-1',
          AZURE_API_KEY: 'az',
          AZURE_API_BASE: 'https://x.azure.com',
          AZURE_API_VERSION: '2024-02-01',
        },
      },
    );
    expect(models.map(({ apiKey, apiBase, apiVersion }) => [apiKey?.reveal(), apiBase, apiVersion])).toEqual([
      ['k', null, null],
      [undefined, 'http://elsewhere/v1', null],
      [undefined, null, null],
      ['az', 'https://x.azure.com', '2024-02-01'],
    ]);
    expect(Object.keys(models[2]?.extra ?? {})).toEqual(['aws_region_name']);
  });

  test('have ids that stay with their content, wherever they stand, and tell equals apart', async () => {
    const a = '  - { model_name: a, litellm_params: { model: openai/a, api_key: one } }\n';
    const b = '  - { model_name: b, litellm_params: { model: openai/b } }\n';
    const named = '  - { model_name: c, litellm_params: { model: openai/c }, model_info: { id: mine } }\n';
    const first = await configOf(`model_list:\n${a}${b}${a}${named}`);
    const second = await configOf(`model_list:\n${b}${a.replace('one', 'two')}`);
    const [idA, idB, idA2, idC] = first.models.map(({ id }) => id);
    expect(second.models.map(({ id }) => id)).toEqual([idB, idA]);
    expect(idA2).toBe(`${idA ?? ''}-2`);
    expect(idC).toBe('mine');
  });
});
