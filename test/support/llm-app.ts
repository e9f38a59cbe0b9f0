import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';

import type { ModelDeployment } from '../../src/config/gateway-config.js';
import { GatewayError } from '../../src/core/errors.js';
import type { Principal } from '../../src/core/principal.js';
import { Secret } from '../../src/core/secret.js';
import { FrontDoor } from '../../src/http/front-door.js';
import { GatewayExceptionFilter } from '../../src/http/gateway-exception.filter.js';
import { GatewayHttpAdapter } from '../../src/http/gateway-http.adapter.js';
import type { GatewayRequest } from '../../src/http/gateway-request.js';
import { HotRoutes } from '../../src/http/hot-routes.js';
import { ReadinessService } from '../../src/http/readiness.service.js';
import { HttpModule } from '../../src/http/http.module.js';
import { LLM_CONFIG, type LlmConfig } from '../../src/llm/llm-config.js';
import { LlmModule } from '../../src/llm/llm.module.js';
import { COMPLETION_TOOLS, type CompletionTools } from '../../src/llm/ports/completion-tools.js';
import { USAGE_PORT, type UsagePort, type UsageReport } from '../../src/llm/ports/usage-port.js';

export function principal(modelAllowLists: readonly (readonly string[])[] = []): Principal {
  return {
    kind: 'virtual_key',
    keyId: 'key-1',
    keyAlias: null,
    userId: null,
    teamId: null,
    organizationId: null,
    role: 'internal_user',
    expiresAtMs: null,
    policy: { fingerprint: '', levels: [], defaultAccess: 'all', unrestricted: false },
    limits: [],
    modelAllowLists,
    allowedRoutes: null,
  };
}

let deployments = 0;

export function deployment(fields: Partial<ModelDeployment> = {}): ModelDeployment {
  deployments += 1;
  return {
    id: `deployment-${deployments}`,
    modelName: 'gpt-test',
    provider: 'openai',
    providerModel: 'gpt-real',
    apiKey: new Secret('sk-provider-secret-key'),
    apiBase: null,
    apiVersion: null,
    timeoutMs: 5_000,
    maxRetries: 2,
    weight: 1,
    rpm: null,
    tpm: null,
    mockResponse: null,
    inputCostPerToken: 0,
    outputCostPerToken: 0,
    extra: {},
    info: {},
    ...fields,
  };
}

export const noTools: CompletionTools = {
  list: () => Promise.resolve([]),
  call: () => Promise.reject(new GatewayError('UNKNOWN_TOOL')),
  refuse: (_principal, { name }) => new GatewayError('UNKNOWN_TOOL', { tool: name }),
};

/** Lets everything in and remembers what was settled. `refuseAfter`: how many rounds the budget lasts. */
export class RecordingUsage implements UsagePort {
  readonly reports: UsageReport[] = [];
  readonly outcomes: string[] = [];
  refuseAfter = Number.POSITIVE_INFINITY;

  begin(): ReturnType<UsagePort['begin']> {
    let rounds = 0;
    return {
      check: () => {
        rounds += 1;
        if (rounds >= this.refuseAfter) {
          throw new GatewayError('BUDGET_EXCEEDED', {
            message: 'The budget of this key is used up until tomorrow.',
          });
        }
      },
      settle: (report) => this.reports.push(report),
      end: (outcome) => this.outcomes.push(outcome),
    };
  }
}

export interface LlmApp {
  readonly url: string;
  readonly usage: RecordingUsage;
  close(): Promise<void>;
}

export interface LlmAppOptions {
  readonly models: readonly ModelDeployment[];
  readonly fallbacks?: LlmConfig['modelFallbacks'];
  readonly routing?: LlmConfig['modelRouting'];
  readonly limits?: Partial<LlmConfig['limits']>;
  readonly tools?: CompletionTools;
  /** Keys to the principals they are; any other key is refused. */
  readonly keys?: Readonly<Record<string, Principal>>;
  /** false: through Nest's router instead of in front of it. */
  readonly hot?: boolean;
}

/** The room of models on a real port, with the real front door and error filter; keys are looked up in a table. */
export async function startLlmApp(options: LlmAppOptions): Promise<LlmApp> {
  const usage = new RecordingUsage();
  const config: LlmConfig = {
    models: options.models,
    modelFallbacks: options.fallbacks ?? {},
    modelRouting: options.routing ?? { allowedFails: 3, cooldownMs: 5_000 },
    limits: {
      bodyBytes: 4 * 1024 * 1024,
      upstreamResponseBytes: 16 * 1024 * 1024,
      connectTimeoutMs: 1_000,
      heartbeatMs: 15_000,
      maxToolRounds: 10,
      maxToolLoopMs: 30_000,
      ...options.limits,
    },
  };
  const logger = pino({ level: 'silent' });
  const module = LlmModule.register({
    imports: [HttpModule.register(logger)],
    providers: [
      { provide: LLM_CONFIG, useValue: config },
      { provide: COMPLETION_TOOLS, useValue: options.tools ?? noTools },
      { provide: USAGE_PORT, useValue: usage },
    ],
  });
  const adapter = new GatewayHttpAdapter({ headerTimeoutMs: 15_000 });
  const nestOptions = { logger: false as const, abortOnError: false, bodyParser: false };
  const app = await NestFactory.create(module, adapter, nestOptions);
  const keys = options.keys ?? { 'sk-test': principal() };
  const authenticateRequest = (request: GatewayRequest): Principal => {
    const found = keys[request.headers.authorization?.replace('Bearer ', '') ?? ''];
    if (found === undefined) throw new GatewayError('UNKNOWN_KEY');
    request.principal = found;
    return found;
  };
  app.useGlobalFilters(new GatewayExceptionFilter(logger));
  app.useGlobalGuards({
    canActivate: (context) => {
      authenticateRequest(context.switchToHttp().getRequest<GatewayRequest>());
      return true;
    },
  });
  const routes = options.hot === false ? null : app.get(HotRoutes);
  adapter.takeFirst(
    new FrontDoor(
      { routes, readiness: app.get(ReadinessService), corsOrigins: [] },
      { authenticateRequest },
      logger,
    ).enter,
  );
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    // Clients may have opened a connection that they have not used yet; the server would wait for it.
    const sweep = setInterval(() => server.closeAllConnections(), 20);
    await app.close().finally(() => clearInterval(sweep));
  };
  return { url: `http://127.0.0.1:${port}`, usage, close };
}

/** POSTs JSON with the test key. */
export function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer sk-test' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}
