import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { eventually, masterKey, startGateway, type RunningGateway } from '../support/gateway.js';
import { readmeBlock } from '../unit/docs/readme.js';

/** Runs a block of the README as it stands there, against a gateway at another port. Resolves with what it printed. */
async function runBlock(tag: string, gateway: RunningGateway): Promise<string> {
  const script = readmeBlock(tag).replaceAll('http://localhost:4000', gateway.url);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    env: { ...process.env, TOOLGATE_MASTER_KEY: masterKey },
    timeout: 100_000,
  });
  return stdout;
}

const answers = (output: string): unknown[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown);

const seven = expect.objectContaining({ content: [expect.objectContaining({ text: '7' })] });

jest.setTimeout(120_000);

describe('without a configuration', () => {
  let gateway: RunningGateway;

  beforeAll(async () => {
    gateway = await startGateway();
    await eventually('the demo tools', async () => {
      const { body } = await gateway.api('GET', '/mcp/tools/list');
      return (body['tools'] as unknown[]).length > 0;
    });
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
  });

  test('the first tool call', async () => {
    const output = await runBlock('first-call', gateway);
    expect(output).toContain('"demo__add"');
    expect(output).toContain('"text":"7"');
  });

  test('MCP by curl', async () => {
    const [answer] = answers(await runBlock('mcp-curl', gateway));
    expect(answer).toMatchObject({ id: 1, result: { content: [{ type: 'text', text: 'hello' }] } });
  });

  test('a day of an administrator', async () => {
    const [team, user, member, list, call, mayAdd, mayNow, audit, blocked, refused] = answers(
      await runBlock('admin-session', gateway),
    );
    expect(team).toMatchObject({ team_id: 'payments' });
    expect(user).toMatchObject({ user_id: 'ada' });
    expect(member).toMatchObject({ team_id: 'payments' });
    const { tools } = list as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name).sort()).toEqual(['demo__add', 'demo__echo']);
    expect(call).toEqual(seven);
    expect(mayAdd).toMatchObject({ allowed: true });
    expect(mayNow).toMatchObject({ allowed: false, decided_by: { level: 'key' } });
    expect(audit).toMatchObject({ data: expect.any(Array) });
    expect(blocked).toMatchObject({ blocked: true });
    expect(refused).toMatchObject({ error: { code: 'key_blocked' } });
  });
});

describe('with a model', () => {
  let gateway: RunningGateway;

  beforeAll(async () => {
    gateway = await startGateway({
      config: `
mcp_servers:
  demo: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(resolve('dist/demo/main.js'))}] }
model_list:
  - { model_name: gpt-4o, litellm_params: { model: openai/gpt-4o, mock_response: Hello from the mock } }
`,
    });
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
  });

  test('a completion', async () => {
    const [answer] = answers(await runBlock('completion', gateway));
    expect(answer).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hello from the mock' } }],
    });
  });
});
