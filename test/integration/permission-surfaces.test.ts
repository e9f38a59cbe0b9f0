import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { readPermissionCases, type PermissionCase } from '../cases/permission-cases.js';
import type { ObjectPermission, PermissionLevelKind } from '../../src/core/permission.js';
import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { MockProvider } from '../support/mock-provider.js';
import { qualified, Surfaces } from '../support/surfaces.js';
import { runnable } from '../support/upstreams/runnable.js';
import { until } from '../support/until.js';

const { universe, cases } = readPermissionCases();
const upstreams = Object.entries(universe.upstreams);

type Row = Readonly<Record<string, unknown>>;

const config = (provider: string, defaultAccess: string): string => `
mcp_servers:
${upstreams
  .map(([name, { access_groups, tools }]) => {
    const args = JSON.stringify([runnable('catalog-server'), name, ...tools]);
    const groups = JSON.stringify(access_groups);
    return `  ${name}: { transport: stdio, command: ${JSON.stringify(process.execPath)}, args: ${args}, access_groups: ${groups} }`;
  })
  .join('\n')}
model_list:
  - { model_name: mock, litellm_params: { model: openai/mock, api_key: k, api_base: "${provider}" } }
general_settings: { mcp_default_access: ${defaultAccess} }
`;

/** The rules of permissions.yaml, as every surface keeps them. */
describe.each(['all', 'none'] as const)('permissions.yaml with mcp_default_access: %s', (defaultAccess) => {
  let gateway: InProcessGateway;
  let provider: MockProvider;
  let surfaces: Surfaces;
  /** What the file calls a server's id, to the id it has here. */
  const ids = new Map<string, string>();

  beforeAll(async () => {
    provider = await MockProvider.start();
    gateway = await serveInProcess(config(provider.base, defaultAccess));
    surfaces = new Surfaces(gateway.url, provider);
    await until(async () => (await gateway.request('GET', '/health/readiness')).status === 200, 60_000);
    const rows = async () => (await gateway.request('GET', '/v1/mcp/server/health')).body as { servers: Row };
    const isReady = async () =>
      Object.values((await rows()).servers).every((it) => (it as Row)['state'] === 'ready');
    await until(isReady, 60_000);
    for (const [name, { id }] of upstreams) {
      const { body } = await gateway.request('GET', `/v1/mcp/server/${name}`);
      ids.set(id, (body as Row)['server_id'] as string);
    }
    for (const [toolset_name, servers] of Object.entries(universe.toolsets)) {
      const tools = Object.entries(servers).flatMap(([server_id, names]) =>
        names.map((tool_name) => ({ server_id, tool_name })),
      );
      await make('/v1/mcp/toolset', { toolset_name, tools });
    }
  }, 120_000);
  afterEach(() => surfaces.reset());
  afterAll(async () => {
    await gateway.close();
    await provider.close();
  }, 60_000);

  const make = async (path: string, body: object): Promise<Row> => {
    const answer = await gateway.request('POST', path, body);
    if (answer.status > 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as Row;
  };

  /** The permission as it is written, with the ids that the servers have here; lists of what is one server add up. */
  const here = (permission: ObjectPermission): ObjectPermission => {
    const { mcp_servers, mcp_tool_permissions, mcp_denied_tools } = permission;
    const byServer: Record<string, string[]> = {};
    for (const [server, names] of Object.entries(mcp_tool_permissions ?? {})) {
      (byServer[ids.get(server) ?? server] ??= []).push(...names);
    }
    const denied = mcp_denied_tools?.map((pattern) =>
      pattern.replace(/^[^_*]+(?=__)/, (server) => ids.get(server) ?? server),
    );
    return {
      ...permission,
      ...(mcp_servers === undefined ? {} : { mcp_servers: mcp_servers.map((it) => ids.get(it) ?? it) }),
      ...(mcp_tool_permissions === undefined ? {} : { mcp_tool_permissions: byServer }),
      ...(denied === undefined ? {} : { mcp_denied_tools: denied }),
    };
  };

  /** A key under an organization, a team and a user, each with the permission that the case gives it. */
  const keyFor = async ({ levels }: PermissionCase): Promise<string> => {
    const of = (kind: PermissionLevelKind): object => {
      const permission = levels.find((level) => level.kind === kind)?.permission;
      return permission === undefined ? {} : { object_permission: here(permission) };
    };
    const { organization_id } = await make('/organization/new', {
      organization_alias: 'o',
      ...of('organization'),
    });
    const { team_id } = await make('/team/new', { organization_id, ...of('team') });
    const { user_id } = await make('/user/new', { auto_create_key: false, ...of('user') });
    return (await make('/key/generate', { team_id, user_id, ...of('key') }))['key'] as string;
  };

  it.each(cases.filter((one) => one.defaultAccess === defaultAccess))('$title', async (one) => {
    const key = await keyFor(one);
    const kept = await surfaces.tools['REST']?.list(key);
    for (const [surface, { list, call }] of Object.entries(surfaces.tools)) {
      const listed = await list(key);
      expect([surface, listed]).toEqual([surface, kept]);
      for (const { asked, target, allowed } of one.answers) {
        const { upstream, tool } = target;
        if (tool === undefined) continue;
        expect([surface, asked, listed.includes(qualified({ upstream, tool }))]).toEqual([
          surface,
          asked,
          allowed,
        ]);
        expect([surface, asked, await call(key, { upstream, tool })]).toEqual([surface, asked, allowed]);
      }
    }
    for (const { asked, target, allowed, decidedBy } of one.answers) {
      const { upstream, tool } = target;
      if (tool === undefined) {
        for (const [surface, may] of Object.entries(surfaces.wholes)) {
          expect([surface, asked, await may(key, upstream)]).toEqual([surface, asked, allowed]);
        }
      }
      const question = tool === undefined ? `server=${upstream}` : `tool=${qualified({ upstream, tool })}`;
      const { body } = await gateway.request('GET', `/v1/mcp/explain?${question}`, undefined, key);
      const explained = body as { allowed: boolean; decided_by: { level: string; rule: string } };
      const by = `${explained.decided_by.level} ${explained.decided_by.rule}`;
      expect(['explain', asked, explained.allowed, by]).toEqual(['explain', asked, allowed, decidedBy]);
    }
  });
});
