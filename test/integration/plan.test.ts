import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { readKnownState } from '../../src/cli/plan-database.js';
import { toolChanges } from '../../src/cli/plan-tools.js';
import type { GatewayConfig } from '../../src/config/gateway-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { DatabaseCatalogStore } from '../../src/upstream-registry/catalog/catalog.store.js';
import { endpointFingerprint } from '../../src/upstream-registry/config-fingerprint.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let folder: string;
let db: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'toolgate-plan-'));
  db = await createTestDatabase();
}, 60_000);

afterAll(async () => {
  await db.close();
  await rm(folder, { recursive: true, force: true });
});

async function configOf(text: string): Promise<GatewayConfig> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, text);
  return (await loadConfig({ argvFlags: { config: file }, env: {}, cwd: folder })).config;
}

/** What an earlier reading found. */
async function hadTools(config: GatewayConfig, name: string, ...tools: string[]): Promise<void> {
  const upstream = config.upstreams.find((it) => it.name === name);
  if (upstream === undefined) throw new Error(`no upstream ${name}`);
  const catalog = {
    upstream: name,
    tools: tools.map((tool) => ({ name: tool, json: JSON.stringify({ name: tool }) })),
    prompts: [],
    resources: [],
    resourceTemplates: [],
    rejected: [],
    capabilities: {},
    serverInfo: {},
    instructions: null,
    readAt: new Date(),
  };
  await new DatabaseCatalogStore(db.database).save({ catalog, fingerprint: endpointFingerprint(upstream) });
}

async function hasKey(alias: string, objectPermission: Record<string, string[]>): Promise<void> {
  const data = { id: `id-${alias}`, hash: alias.padEnd(64, '0'), name: 'sk-...', alias, objectPermission };
  await db.database.run((prisma) =>
    prisma.virtualKey.create({ data: { ...data, models: [], tags: [], allowedRoutes: [] } }),
  );
}

test('plan says which tools come, go, change their name or their keys', async () => {
  const current = await configOf(`mcp_servers:
  files: { command: files, allowed_tools: [read] }
  git: { command: git }
  mail: { command: mail, access_groups: [office] }
`);
  const next = await configOf(`mcp_servers:
  files: { command: files, disallowed_tools: [read] }
  code: { command: git }
  mail: { command: mail, access_groups: [home] }
  unheard: { command: unheard }
`);
  await hadTools(current, 'files', 'read', 'write');
  await hadTools(current, 'git', 'log');
  await hadTools(current, 'mail', 'send');
  await hasKey('all', {});
  await hasKey('office', { mcp_access_groups: ['office'] });
  await hasKey('reader', { mcp_servers: ['files', 'git'] });

  const known = await readKnownState(db.database, 'all');
  expect(toolChanges(current, next, known)).toEqual([
    '? unheard: its tools are known once it was connected',
    '+ tool files__write (keys: all, reader)',
    '- tool files__read (keys: all, reader)',
    '~ tool git__log becomes code__log (keys: all, reader)',
    '~ tool mail__send: no longer for keys: office',
  ]);
  expect(toolChanges(current, current, known)).toEqual([]);
});
