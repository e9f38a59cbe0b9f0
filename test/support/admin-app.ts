import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Global, Injectable, Module, type INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';

import { AdminModule } from '../../src/admin/admin.module.js';
import { AdminPortsModule } from '../../src/admin/ports/admin-ports.module.js';
import { MCP_INSIGHT, type McpInsight } from '../../src/admin/ports/mcp-insight.js';
import { AuditModule } from '../../src/audit/audit.module.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { VirtualKeyGuard } from '../../src/auth/virtual-key.guard.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { UpstreamCatalog } from '../../src/core/catalog.js';
import { Secret } from '../../src/core/secret.js';
import type { UpstreamConfig } from '../../src/core/upstream.js';
import { ChangeBus } from '../../src/database/change-bus.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { GatewaySettingsStore } from '../../src/database/gateway-settings.store.js';
import { Universe } from '../../src/gateway/universe.js';
import { FrontDoor } from '../../src/http/front-door.js';
import { GatewayExceptionFilter } from '../../src/http/gateway-exception.filter.js';
import { GatewayHttpAdapter } from '../../src/http/gateway-http.adapter.js';
import { HttpModule } from '../../src/http/http.module.js';
import { JsonBodyInterceptor } from '../../src/http/json-body.interceptor.js';
import { ReadinessService } from '../../src/http/readiness.service.js';
import { LimitsModule } from '../../src/limits/limits.module.js';
import { ToolsetService } from '../../src/permissions/toolset.service.js';
import type { Upstream } from '../../src/upstream-registry/upstream.js';
import { silent } from './database.js';

export const masterKey = 'sk-test-master-key-0123456789abcdef';

export type Row = Readonly<Record<string, unknown>>;

/** The members of answers that tests look into; the rest is compared as it is. */
export interface AnswerBody extends Row {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
  };
  readonly key: string;
  readonly key_id: string;
  readonly user_id: string;
  readonly team_id: string;
  readonly organization_id: string;
  readonly info: Row;
  readonly keys: readonly unknown[];
  readonly data: readonly Row[];
  readonly total_count: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** The rooms of keys, directory, permissions and administration, served over HTTP, without a gateway behind them. */
export interface AdminApp {
  readonly app: INestApplication;
  readonly url: string;
  request(method: string, path: string, body?: unknown, key?: string | null): Promise<Answer>;
  post(path: string, body?: unknown, key?: string | null): Promise<Answer>;
  get(path: string, key?: string | null): Promise<Answer>;
  close(): Promise<void>;
}

/** Servers `github` and `jira` (group `engineering`) and `payroll` (group `finance`), two tools each. */
const servers: readonly Upstream[] = [
  server('github', ['engineering'], ['search', 'delete_repo']),
  server('jira', ['engineering'], ['search', 'create_issue']),
  server('payroll', ['finance'], ['pay']),
];

function server(name: string, accessGroups: readonly string[], tools: readonly string[]): Upstream {
  const config: UpstreamConfig = {
    name,
    id: name,
    source: 'file',
    endpoint: {
      kind: 'remote',
      url: new URL(`https://${name}.test/mcp/secret-in-the-path?token=secret`),
      transport: 'http',
      auth: { type: 'bearer_token', value: new Secret('upstream-credential') },
      staticHeaders: {},
    },
    description: null,
    accessGroups,
    allowedTools: null,
    disallowedTools: [],
    extraHeaders: [],
    timeoutMs: 60_000,
    idleTimeoutMs: null,
    connectTimeoutMs: null,
    maxConcurrentRequests: 20,
    session: 'auto',
    pin: false,
    info: {},
  };
  const catalog: UpstreamCatalog = {
    upstream: name,
    tools: tools.map((tool) => ({
      name: tool,
      json: JSON.stringify({ name: tool, inputSchema: { type: 'object' } }),
    })),
    prompts: [],
    resources: [],
    resourceTemplates: [],
    rejected: [],
    capabilities: {},
    serverInfo: {},
    instructions: null,
    readAt: new Date(0),
  };
  const shared: Upstream['shared'] = {
    request: () => {
      throw new Error('nobody calls it');
    },
    notify: () => undefined,
    close: () => Promise.resolve(),
  };
  return {
    config,
    catalog,
    lastRead: catalog,
    withheld: [],
    shared,
    era: 'legacy',
    settle: () => Promise.resolve(),
    status: () => ({
      state: name === 'payroll' ? 'down' : 'ready',
      since: new Date(0),
      lastFailure: name === 'payroll' ? { stage: 'connect', message: 'refused', at: new Date(0) } : null,
      toolCount: tools.length,
      withheldTools: 0,
      stderr: [],
      inFlight: 0,
      queued: 0,
      latencyMs: 5,
      transport: 'http',
      protocolVersion: '2025-11-25',
    }),
    openPrivate: () => shared,
  };
}

/** What the administration sees of a gateway, without one. */
@Injectable()
class TestInsight implements McpInsight {
  constructor(private readonly toolsets: ToolsetService) {}

  get universe(): Universe {
    return new Universe(
      servers.map(({ config }) => config),
      this.toolsets.current(),
      '__',
      {},
    );
  }

  upstreams(): readonly Upstream[] {
    return servers;
  }
}

@Global()
@Module({ providers: [{ provide: MCP_INSIGHT, useClass: TestInsight }], exports: [MCP_INSIGHT] })
class TestPortsModule {}

export async function startAdminApp(
  database: DatabaseService,
  options: { readonly defaultAccess?: 'all' | 'none'; readonly masterKey?: Secret | null } = {},
): Promise<AdminApp> {
  @Global()
  @Module({
    providers: [{ provide: DatabaseService, useValue: shared(database) }, ChangeBus, GatewaySettingsStore],
    exports: [DatabaseService, ChangeBus, GatewaySettingsStore],
  })
  class TestDatabaseModule {}

  const folder = await mkdtemp(join(tmpdir(), 'toolgate-admin-'));
  const env = { TOOLGATE_MASTER_KEY: masterKey, TOOLGATE_DATA_DIR: folder };
  const { config } = await loadConfig({ argvFlags: {}, env, cwd: folder });
  const { masterKey: configured = config.masterKey, defaultAccess = config.mcp.defaultAccess } = options;
  const testing = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(config),
      HttpModule.register(silent),
      TestDatabaseModule,
      AuditModule,
      LimitsModule,
      AuthModule.register({ masterKey: configured, defaultAccess }),
      AdminModule,
    ],
    providers: [{ provide: APP_GUARD, useExisting: VirtualKeyGuard }],
  })
    .overrideModule(AdminPortsModule)
    .useModule(TestPortsModule)
    .compile();
  const adapter = new GatewayHttpAdapter({ headerTimeoutMs: 15_000 });
  const app = testing.createNestApplication(adapter, withoutBodyParser);
  app.useGlobalFilters(new GatewayExceptionFilter(silent));
  app.useGlobalInterceptors(new JsonBodyInterceptor(4 * 1024 * 1024));
  await app.init();
  const door = new FrontDoor(
    { routes: null, readiness: app.get(ReadinessService), corsOrigins: [] },
    app.get(VirtualKeyGuard),
    silent,
  );
  adapter.takeFirst(door.enter);
  const server = adapter.getHttpServer() as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const request: AdminApp['request'] = async (method, path, body, key = masterKey) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed as AnswerBody };
  };
  return {
    app,
    url,
    request,
    post: (path, body = {}, key = masterKey) => request('POST', path, body, key),
    get: (path, key = masterKey) => request('GET', path, undefined, key),
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Bodies are read after the guards, as in the program. */
const withoutBodyParser = { logger: false, bodyParser: false } as const;

/** The suite opens and closes its database; an app that ends leaves it alone. */
function shared(database: DatabaseService): DatabaseService {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'onModuleInit' || name === 'onApplicationShutdown') return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
