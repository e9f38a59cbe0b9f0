import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Global, Module, type INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';

import { AdminModule } from '../../src/admin/admin.module.js';
import { AdminPortsModule } from '../../src/admin/ports/admin-ports.module.js';
import { UNIVERSE_SOURCE } from '../../src/admin/ports/universe-source.js';
import { AuditModule } from '../../src/audit/audit.module.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { VirtualKeyGuard } from '../../src/auth/virtual-key.guard.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Secret } from '../../src/core/secret.js';
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

/** Servers `github` and `jira` (group `engineering`) and `payroll` (group `finance`). */
export const testUniverse = new Universe(
  [
    { id: 'github', name: 'github', accessGroups: ['engineering'] },
    { id: 'jira', name: 'jira', accessGroups: ['engineering'] },
    { id: 'payroll', name: 'payroll', accessGroups: ['finance'] },
  ] as unknown as ConstructorParameters<typeof Universe>[0],
  new Map(),
  '__',
  {},
);

@Global()
@Module({
  providers: [{ provide: UNIVERSE_SOURCE, useValue: { universe: testUniverse } }],
  exports: [UNIVERSE_SOURCE],
})
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
