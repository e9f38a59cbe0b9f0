import { resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Toolgate, toolResultText } from '../../src/sdk/index.js';
import { eventually, masterKey, startGateway, type RunningGateway } from '../support/gateway.js';

const everything = resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const config = `
mcp_servers:
  everything: { transport: stdio, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(everything)}, stdio] }
model_list:
  - model_name: oracle
    litellm_params: { model: openai/oracle, mock_response: It is 5. }
`;

describe('the client of the SDK against a running gateway', () => {
  let gateway: RunningGateway;
  let toolgate: Toolgate;

  beforeAll(async () => {
    gateway = await startGateway({ config });
    toolgate = new Toolgate({ url: gateway.url, key: masterKey });
    await eventually('the catalog is read', async () => (await toolgate.tools.list()).length > 0, 20_000);
  }, 90_000);
  afterAll(() => gateway.stop());

  it('lists tools and calls them', async () => {
    const tools = await toolgate.tools.list();
    expect(tools.find(({ name }) => name === 'everything__echo')).toMatchObject({
      mcp_info: { server_name: 'everything', tool_name: 'echo' },
    });
    expect(await toolgate.openaiTools({ server: 'everything' })).toHaveLength(tools.length);
    expect(toolResultText(await toolgate.tools.call('everything__echo', { message: 'hello' }))).toContain(
      'hello',
    );
    expect(await toolgate.tools.call('echo', {}, { server: 'everything' })).toMatchObject({ isError: true });
  });

  it('names what went wrong', async () => {
    const unknown = await toolgate.tools.call('everything__fly').catch((error: unknown) => error);
    expect(unknown).toMatchObject({
      status: 404,
      code: 'unknown_tool',
      message: 'Unknown tool: everything__fly',
    });
    expect(unknown).toHaveProperty('requestId', expect.any(String));
    const stranger = new Toolgate({ url: gateway.url, key: 'sk-nobody-knows-me' });
    await expect(stranger.tools.list()).rejects.toMatchObject({ status: 401 });
  });

  it('lets a model answer', async () => {
    const { message, rounds } = await toolgate.runTools([{ role: 'user', content: '2 + 3?' }], {
      model: 'oracle',
    });
    expect({ content: message.content, rounds }).toEqual({ content: 'It is 5.', rounds: 1 });
  });
});
