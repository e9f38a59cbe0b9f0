import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';

import { eventually, masterKey } from '../support/gateway.js';
import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { connectHttp, connectSse, textOf } from '../support/mcp-clients.js';
import { postModern } from '../support/modern-client.js';
import { fixtureCommand } from '../support/upstreams/fixture.js';

const askable = { elicitation: {} };

/** Which process of a stdio upstream serves whom: each private connection is one of its own. */
describe('connections of their own', () => {
  let gateway: InProcessGateway;
  let otherKey: string;
  const open: Client[] = [];

  beforeAll(async () => {
    const { command, args } = fixtureCommand();
    const entry = (name: string, session: string): string =>
      `  ${name}: { command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)}, session: ${session} }`;
    const entries = [entry('auto', 'auto'), entry('own', 'per_session'), entry('one', 'shared')];
    gateway = await serveInProcess(['mcp_servers:', ...entries].join('\n'));
    await eventually('all upstreams', async () => {
      const { body } = await gateway.request('GET', '/mcp/tools/list');
      const names = (body as { tools: { name: string }[] }).tools.map(({ name }) => name);
      return ['auto', 'own', 'one'].every((name) => names.includes(`${name}__pid`));
    });
    const issued = await gateway.request('POST', '/key/generate', {});
    otherKey = (issued.body as { key: string }).key;
  }, 60_000);

  afterAll(async () => {
    await Promise.all(open.map((client) => client.close()));
    await gateway.close();
  });

  async function session(capabilities: ClientCapabilities, connect = connectHttp): Promise<Client> {
    const { client } = await connect(gateway.url, masterKey, { capabilities });
    open.push(client);
    return client;
  }

  const pid = async (client: Client, upstream: string): Promise<string> =>
    textOf(await client.callTool({ name: `${upstream}__pid` }));

  test('go to clients that can be asked, and to all where the upstream is configured so', async () => {
    const clients = [await session({}), await session({}), await session(askable), await session(askable)];
    clients.push((await connectSse(gateway.url, masterKey, { capabilities: askable })).client);
    open.push(...clients.slice(-1));
    const served = async (upstream: string): Promise<number> =>
      new Set(await Promise.all(clients.map((client) => pid(client, upstream)))).size;
    expect({ auto: await served('auto'), own: await served('own'), one: await served('one') }).toEqual({
      auto: 4,
      own: 5,
      one: 1,
    });
  });

  test('stay the same for as long as their session, and end with it', async () => {
    const client = await session({});
    const first = await pid(client, 'own');
    expect(await pid(client, 'own')).toBe(first);
    const isRunning = (): boolean => {
      try {
        return process.kill(Number(first), 0);
      } catch {
        return false;
      }
    };
    expect(isRunning()).toBe(true);
    await fetch(`${gateway.url}/mcp`, { method: 'DELETE', headers: sessionHeaders(client) });
    await eventually('the end of the process', () => Promise.resolve(!isRunning()));
  });

  const sessionHeaders = (client: Client): Record<string, string> => ({
    authorization: `Bearer ${masterKey}`,
    'mcp-session-id': (client.transport as { sessionId?: string }).sessionId ?? '',
  });

  describe('of requests without a session', () => {
    const lent = async (capabilities: object = askable, key = masterKey): Promise<string> => {
      const params = { name: 'auto__pid', arguments: {} };
      const { body } = await postModern(gateway.url, key, 'tools/call', params, { capabilities });
      const text = textOf(body.result);
      // A signal to process 0 would be one to this very group of processes.
      expect(text).toMatch(/^[1-9][0-9]+$/);
      return text;
    };

    test('are lent one after the other, to one at a time', async () => {
      const first = await lent();
      expect(await lent()).toBe(first);
      const atOnce = new Set(await Promise.all([lent(), lent(), lent()]));
      expect([atOnce.size, atOnce.has(first)]).toEqual([3, true]);
    });

    test('are not lent to another key, nor to a client that can be asked other things, nor to all', async () => {
      const pids = [
        await lent(),
        await lent(askable, otherKey),
        await lent({ sampling: {} }),
        await lent({}),
      ];
      expect(new Set(pids).size).toBe(4);
    });

    test('are not lent again when something may still go on over them', async () => {
      // Three are idle from before, at most; the call that is broken off takes the one that was used last.
      const taken = await lent();
      const stop = new AbortController();
      const sleeping = fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        signal: stop.signal,
        headers: {
          authorization: `Bearer ${masterKey}`,
          'content-type': 'application/json',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'auto__sleep',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'auto__sleep',
            arguments: { ms: 30_000 },
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': askable,
            },
          },
        }),
      });
      await eventually('another process for others', async () => (await lent()) !== taken);
      stop.abort();
      await expect(sleeping).rejects.toThrow();
      const gone = (): Promise<boolean> => {
        try {
          return Promise.resolve(!process.kill(Number(taken), 0));
        } catch {
          return Promise.resolve(true);
        }
      };
      await eventually('the end of what was broken off', gone);
    });

    test('are replaced when they are gone', async () => {
      const first = await lent();
      process.kill(Number(first), 'SIGKILL');
      await eventually('another process', async () => ![first, ''].includes(await lent().catch(() => '')));
    });
  });
});
