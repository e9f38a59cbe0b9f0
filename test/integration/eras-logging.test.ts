import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { LoggingMessageNotificationSchema, type LoggingLevel } from '@modelcontextprotocol/sdk/types.js';

import { eraServers, startErasLab, type ErasLab } from '../support/eras-lab.js';
import { eventually, masterKey } from '../support/gateway.js';
import type { InProcessGateway } from '../support/in-process.js';
import { connectHttp, connectSse } from '../support/mcp-clients.js';
import { postModern } from '../support/modern-client.js';

/** The fixture's tool `log` sends one message of the level info. */
describe('log messages', () => {
  let lab: ErasLab;
  let gateway: InProcessGateway;

  beforeAll(async () => {
    lab = await startErasLab();
    ({ gateway } = lab);
  }, 60_000);

  afterAll(() => lab.stop());

  async function listener(
    connect: typeof connectHttp | typeof connectSse,
    level: LoggingLevel | null,
  ): Promise<{ client: Client; heard: string[] }> {
    const { client } = await connect(gateway.url, masterKey);
    const heard: string[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      heard.push(String(params.data));
    });
    if (level !== null) await client.setLoggingLevel(level);
    return { client, heard };
  }

  describe.each([
    ['Streamable HTTP', connectHttp],
    ['HTTP+SSE', connectSse],
  ] as const)('of a call over %s', (_, connect) => {
    test.each(eraServers)('reach the client that asked for them, from %s, and no other', async (upstream) => {
      const one = await listener(connect, 'debug');
      const other = await listener(connect, 'debug');
      await other.client.callTool({ name: `${upstream}__echo`, arguments: { message: 'a' } });
      await one.client.callTool({ name: `${upstream}__log`, arguments: { message: 'for one' } });
      await eventually('the message', () => one.heard.length > 0);
      expect([one.heard, other.heard]).toEqual([['for one'], []]);
      await one.client.close();
      await other.client.close();
    });

    test.each(eraServers)('of %s are kept from a client that wants severer ones', async (upstream) => {
      const { client, heard } = await listener(connect, 'error');
      await client.callTool({ name: `${upstream}__log`, arguments: { message: 'too mild' } });
      await client.ping();
      expect(heard).toEqual([]);
      await client.close();
    });

    test.each(['old_http', 'new_http'])('of %s come without being asked for', async (upstream) => {
      const { client, heard } = await listener(connect, null);
      await client.callTool({ name: `${upstream}__log`, arguments: { message: 'unasked' } });
      await eventually('the message', () => heard.length > 0);
      await client.close();
    });
  });

  async function logsOf(upstream: string, level: string | null): Promise<readonly string[]> {
    const response = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${masterKey}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': `${upstream}__log`,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name: `${upstream}__log`,
          arguments: { message: 'modern' },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
            ...(level === null ? {} : { 'io.modelcontextprotocol/logLevel': level }),
          },
        },
      }),
    });
    const text = await response.text();
    expect(text).toContain('logged');
    return [...text.matchAll(/"method":"(notifications\/[a-z/]+)"/g)].map(([, method]) => method ?? '');
  }

  test.each(eraServers)(
    'reach a client of the stateless revision only when it asks, from %s',
    async (upstream) => {
      expect(await logsOf(upstream, 'debug')).toEqual(['notifications/message']);
      expect(await logsOf(upstream, null)).toEqual([]);
      expect(await logsOf(upstream, 'error')).toEqual([]);
    },
  );

  test('a level that is none is refused', async () => {
    const meta = { 'io.modelcontextprotocol/logLevel': 'loud' };
    const { status, body } = await postModern(gateway.url, masterKey, 'tools/list', {}, { meta });
    expect([status, body.error?.code]).toEqual([400, -32602]);
  });
});
