import { resolve } from 'node:path';

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createEmptyPostgres, postgresUrl, type PostgresDatabase } from '../support/postgres.js';
import { eventually, startGateway, type ApiAnswer, type RunningGateway } from '../support/gateway.js';
import { connectHttp } from '../support/mcp-clients.js';
import { startFixture, type RunningUpstream } from '../support/upstreams/fixture.js';

const demo = `transport: stdio, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(resolve('dist/demo/main.js'))}]`;
const config = `
mcp_servers:
  github: { ${demo} }
  crm: { ${demo}, max_concurrent_requests: 1 }
general_settings: { mcp_allow_private_urls: true }
`;

/** Contract section 7, "At once": what is changed on one replica holds on the other within a second. */
(postgresUrl === null ? describe.skip : describe)('two replicas on one Postgres', () => {
  let postgres: PostgresDatabase;
  let upstream: RunningUpstream;
  let here: RunningGateway;
  let there: RunningGateway;

  beforeAll(async () => {
    [postgres, upstream] = await Promise.all([createEmptyPostgres(), startFixture('http')]);
    const env = { DATABASE_URL: postgres.url, TOOLGATE_SALT_KEY: 'a salt that both replicas share' };
    [here, there] = await Promise.all([startGateway({ config, env }), startGateway({ config, env })]);
    const url = String(upstream.url);
    const body = { server_name: 'stored', url, transport: 'http', mcp_access_groups: ['engineering'] };
    expect((await here.api('POST', '/v1/mcp/server', body)).status).toBe(201);
    for (const gateway of [here, there]) {
      await eventually('all tools', async () => {
        const names = await listed(gateway);
        return ['github__add', 'crm__add', 'stored__echo'].every((name) => names.includes(name));
      });
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.all([here.stop(), there.stop(), upstream.kill()]);
    await postgres.drop();
  }, 60_000);

  const listed = async (gateway: RunningGateway, key?: string): Promise<string[]> => {
    const { body } = await gateway.api('GET', '/mcp/tools/list', undefined, key);
    return (body['tools'] as { name: string }[]).map(({ name }) => name);
  };
  const make = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await here.api('POST', path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.body.error?.message ?? ''}`);
    return answer.body as Record<string, string>;
  };
  const issue = async (body: object): Promise<{ key: string; id: string }> => {
    const { key = '', key_id: id = '' } = await make('/key/generate', body);
    // Both know it, and answer from memory from now on.
    for (const gateway of [here, there])
      expect((await gateway.api('GET', '/mcp/enabled', undefined, key)).status).toBe(200);
    return { key, id };
  };
  const call = (gateway: RunningGateway, key: string, name: string, args: object = { a: 1, b: 2 }) =>
    gateway.api('POST', '/mcp/tools/call', { name, arguments: args }, key);
  const codeOf = ({ status, body }: ApiAnswer): string => `${status} ${body.error?.code ?? 'ok'}`;

  /** An open event stream; `ended` resolves when the gateway ends it. */
  const openStream = async (gateway: RunningGateway, key: string): Promise<{ ended: Promise<number> }> => {
    const response = await fetch(`${gateway.url}/sse`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    return { ended: response.text().then(() => Date.now()) };
  };
  /** Holds within a second from now on. */
  const withinASecond = async (what: string, check: () => Promise<boolean>): Promise<void> => {
    await eventually(what, check, 1_000);
  };
  const refusedThere = (key: string, code: string): Promise<void> =>
    withinASecond(code, async () => codeOf(await call(there, key, 'github__add')) === code);

  test.each<[string, (id: string, team: string) => Promise<unknown>, string]>([
    ['blocked', (id) => make('/key/block', { key: id }), '401 key_blocked'],
    ['deleted', (id) => make('/key/delete', { keys: [id] }), '401 invalid_api_key'],
    ['regenerated', (id) => make(`/key/${id}/regenerate`, {}), '401 invalid_api_key'],
    ['in a team that is blocked', (_id, team_id) => make('/team/block', { team_id }), '401 key_blocked'],
    [
      'in a team that is deleted',
      (_id, team) => make('/team/delete', { team_ids: [team] }),
      '401 invalid_api_key',
    ],
  ])('a key that is %s here is refused there, and its streams end on both', async (_what, end, code) => {
    const { team_id = '' } = await make('/team/new', {});
    const { key, id } = await issue({ team_id });
    const streams = await Promise.all([openStream(here, key), openStream(there, key)]);
    await end(id, team_id);
    const doneAt = Date.now();
    await refusedThere(key, code);
    for (const { ended } of streams) expect((await ended) - doneAt).toBeLessThan(1_000);
    expect(codeOf(await call(here, key, 'github__add'))).toBe(code);
  });

  test('a key that expires ends on both, with its streams', async () => {
    const { key } = await issue({ duration: '2s' });
    const expiresAt = Date.now() + 2_000;
    const streams = await Promise.all([openStream(here, key), openStream(there, key)]);
    for (const { ended } of streams) expect((await ended) - expiresAt).toBeLessThan(1_000);
    expect(codeOf(await call(there, key, 'github__add'))).toBe('401 key_expired');
  });

  test('calls there that run or wait end with the key', async () => {
    const { key, id } = await issue({});
    const running = call(there, key, 'crm__slow', { seconds: 60 });
    const isSo = async (state: string): Promise<boolean> => {
      const { body } = await there.api('GET', '/v1/mcp/server/health');
      return JSON.stringify((body['servers'] as Record<string, unknown>)['crm']).includes(state);
    };
    await eventually('a call in flight', () => isSo('"in_flight":1'));
    const queued = call(there, key, 'crm__add');
    await eventually('a call in the queue', () => isSo('"queued":1'));
    await make('/key/block', { key: id });
    const blockedAt = Date.now();
    expect((await Promise.all([running, queued])).map(codeOf)).toEqual([
      '401 key_blocked',
      '401 key_blocked',
    ]);
    expect(Date.now() - blockedAt).toBeLessThan(1_000);
  });

  describe('what a key may use', () => {
    /** A client that listens there, and hears when its tools change. */
    const listen = async (key: string): Promise<{ client: Client; told: Promise<void> }> => {
      const { client } = await connectHttp(there.url, key);
      const told = new Promise<void>((heard) => {
        client.setNotificationHandler(ToolListChangedNotificationSchema, () => heard());
      });
      await client.listTools();
      return { client, told };
    };

    test.each<
      [string, () => Promise<{ key: string; change: () => Promise<unknown>; lost: string; kept: string }>]
    >([
      [
        'is narrowed',
        async () => {
          const { key, id } = await issue({ object_permission: { mcp_servers: ['github', 'crm'] } });
          const object_permission = { mcp_servers: ['github'] };
          return {
            key,
            lost: 'crm__add',
            kept: 'github__add',
            change: () => make('/key/update', { key: id, object_permission }),
          };
        },
      ],
      [
        'is denied on its team',
        async () => {
          const { team_id } = await make('/team/new', {});
          const { key } = await issue({ team_id });
          const object_permission = { mcp_denied_tools: ['crm__*'] };
          return {
            key,
            lost: 'crm__add',
            kept: 'github__add',
            change: () => make('/team/update', { team_id, object_permission }),
          };
        },
      ],
      [
        'moves with it to another team',
        async () => {
          const one = await make('/team/new', { object_permission: { mcp_servers: ['crm'] } });
          const other = await make('/team/new', { object_permission: { mcp_servers: ['github'] } });
          const { key, id } = await issue({ team_id: one['team_id'] });
          return {
            key,
            lost: 'crm__add',
            kept: 'github__add',
            change: () => make('/key/update', { key: id, team_id: other['team_id'] }),
          };
        },
      ],
      [
        'leaves with a toolset',
        async () => {
          const tools = (...names: string[]) =>
            names.map((tool_name) => ({ server_id: 'github', tool_name }));
          const { body } = await here.api('POST', '/v1/mcp/toolset', {
            toolset_name: 'set',
            tools: tools('add', 'now'),
          });
          const { toolset_id } = body;
          const { key } = await issue({ object_permission: { mcp_toolsets: ['set'] } });
          return {
            key,
            lost: 'github__now',
            kept: 'github__add',
            change: () => here.api('PUT', '/v1/mcp/toolset', { toolset_id, tools: tools('add') }),
          };
        },
      ],
      [
        'leaves with a server that leaves its access group',
        async () => {
          const { body } = await here.api('GET', '/v1/mcp/server/stored');
          const { server_id } = body;
          const { key } = await issue({
            object_permission: { mcp_access_groups: ['engineering'], mcp_servers: ['github'] },
          });
          const mcp_access_groups: string[] = [];
          return {
            key,
            lost: 'stored__echo',
            kept: 'github__add',
            change: () => here.api('PUT', '/v1/mcp/server', { server_id, mcp_access_groups }),
          };
        },
      ],
    ])('%s', async (_what, arrange) => {
      const { key, change, lost, kept } = await arrange();
      const { client, told } = await listen(key);
      try {
        expect(await listed(there, key)).toContain(lost);
        await change();
        await withinASecond('it is gone', async () => !(await listed(there, key)).includes(lost));
        expect(codeOf(await call(there, key, lost, {}))).toBe('404 unknown_tool');
        await expect(client.callTool({ name: lost, arguments: {} })).rejects.toMatchObject({ code: -32602 });
        expect(codeOf(await call(there, key, kept))).toBe('200 ok');
        await told;
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name)).toContain(kept);
        expect(tools.map(({ name }) => name)).not.toContain(lost);
      } finally {
        await client.close();
      }
    });
  });
});
