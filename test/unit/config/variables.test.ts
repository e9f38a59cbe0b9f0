import { describe, expect, test } from '@jest/globals';

import { configOf, loadText } from './load-text.js';

const env = { NAME: 'value', EMPTY: '', NUMBER: '7', YES: 'true', MULTI: 'a: b\n- c' };

/** What a variable in an argument of a stdio server becomes. */
async function resolved(written: string): Promise<string | undefined> {
  const config = await configOf(`mcp_servers: { a: { command: c, args: [${JSON.stringify(written)}] } }`, {
    env,
  });
  const endpoint = config.upstreams[0]?.endpoint;
  return endpoint?.kind === 'stdio' ? endpoint.args[0] : undefined;
}

test.each([
  ['os.environ/NAME', 'value'],
  ['os.environ/EMPTY', ''],
  ['see os.environ/NAME', 'see os.environ/NAME'],
  ['${NAME}', 'value'],
  ['--a=${NAME}/${NUMBER}!', '--a=value/7!'],
  ['${EMPTY}', ''],
  ['${GONE:-default}', 'default'],
  ['${EMPTY:-default}', 'default'],
  ['${NAME:-default}', 'value'],
  ['${GONE:-}', ''],
  ['${GONE:-a:-b c}', 'a:-b c'],
  ['$${NAME}', '${NAME}'],
  ['$$${NAME}', '$${NAME}'],
  ['$NAME costs 5$', '$NAME costs 5$'],
  ['${MULTI}', 'a: b\n- c'],
])('%s is %j', async (written, expected) => {
  expect(await resolved(written)).toBe(expected);
});

describe('variables', () => {
  test('are text, and numbers and booleans are read out of it', async () => {
    const config = await configOf(
      'general_settings: { port: "${NUMBER}", metrics_public: os.environ/YES, mcp_page_size: "${GONE:-3}" }',
      { env },
    );
    expect([config.server.port, config.metricsPublic, config.mcp.pageSize]).toEqual([7, true, 3]);
  });

  test('are not read as YAML', async () => {
    const config = await configOf('mcp_servers: { a: { url: "http://a/", description: "${MULTI}" } }', {
      env,
    });
    expect(config.upstreams[0]?.description).toBe('a: b\n- c');
  });

  test('that turn out empty turn a setting off', async () => {
    const config = await configOf(
      'general_settings: { master_key: "${A:-}", database_url: "${B:-}", redis_url: "${C:-}", port: "${D:-}" }',
    );
    expect([config.masterKey, config.database.url, config.redisUrl, config.server.port]).toEqual([
      null,
      null,
      null,
      4000,
    ]);
  });

  test('work in anchors and merged maps', async () => {
    const config = await configOf(
      `mcp_servers:
  a: &base { url: "http://a/", auth_type: bearer_token, auth_value: "\${NAME}", timeout_ms: 5 }
  b: { <<: *base, url: "http://b/" }
`,
      { env },
    );
    const [a, b] = config.upstreams.map(({ endpoint, timeoutMs }) =>
      endpoint.kind === 'remote' && endpoint.auth.type !== 'none'
        ? [endpoint.url.href, endpoint.auth.value.reveal(), timeoutMs]
        : [],
    );
    expect(a).toEqual(['http://a/', 'value', 5]);
    expect(b).toEqual(['http://b/', 'value', 5]);
  });

  test('of environment_variables are seen by references, and the real environment beats them', async () => {
    const text = `environment_variables: { FIRST: one, NAME: other, PORT: 4444, HIDDEN: os.environ/NUMBER, AGAIN: "\${FIRST}!" }
mcp_servers: { a: { command: c, args: [os.environ/FIRST, "\${NAME}", "\${HIDDEN}", "\${AGAIN}"] } }
`;
    const config = await configOf(text, { env });
    expect(config.upstreams[0]?.endpoint).toMatchObject({ args: ['one', 'value', '7', 'one!'] });
    expect(config.server.port).toBe(4444);
  });

  test('in keys stay as they are', async () => {
    const { faults } = await loadText('mcp_servers: { "${NAME}": { url: "http://a/" } }', { env });
    expect(faults[0]).toMatch(/A server name is/);
  });
});
