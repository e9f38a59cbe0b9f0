import { once } from 'node:events';
import type { Server } from 'node:http';

import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';

import { describeApi } from './api-description.js';
import { AppModule } from './app.module.js';
import { followConfig } from './apply-config.js';
import { VirtualKeyGuard } from './auth/virtual-key.guard.js';
import { printBanner } from './banner.js';
import type { ServeOptions } from './cli/context.js';
import { formatProblem } from './config/config-problem.js';
import type { GatewayConfig } from './config/gateway-config.js';
import type { DatabaseBackend } from './database/backend.js';
import { DatabaseService } from './database/database.service.js';
import { followKeys } from './follow-keys.js';
import { InFlightCalls } from './gateway/in-flight-calls.js';
import { FrontDoor } from './http/front-door.js';
import { GatewayHttpAdapter, type RequestTaker } from './http/gateway-http.adapter.js';
import { GatewayExceptionFilter } from './http/gateway-exception.filter.js';
import { HotRoutes } from './http/hot-routes.js';
import { JsonBodyInterceptor } from './http/json-body.interceptor.js';
import { createLogger } from './http/logging/create-logger.js';
import { NestLogger } from './http/logging/nest-logger.js';
import { ReadinessService } from './http/readiness.service.js';
import { refuseUnreadable } from './http/unreadable-request.js';
import { addMetricsSources } from './metrics-sources.js';
import { SessionRegistry } from './mcp/session-registry.service.js';
import { ParkedCalls } from './mcp/parked-calls.service.js';
import { showTraffic } from './show-traffic.js';
import { StartUp } from './start-up.js';

/** A gateway that serves. */
export interface Serving {
  /** Resolves once it has ended, after `stop` or a signal. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * The program, put together and listening. Rejects with the error of a port that is taken. `backend` is a database that
 * is being opened already; left out, the one that the configuration names is.
 */
export async function serve(
  { config, options, warnings }: ServeOptions,
  backend?: DatabaseBackend,
): Promise<Serving> {
  const logger = await createLogger(config.log, { pretty: process.stdout.isTTY });
  for (const warning of warnings) logger.warn(formatProblem(warning));
  const watched = config.log.traffic ? showTraffic(logger) : unwatched;
  const adapter = new GatewayHttpAdapter({ headerTimeoutMs: config.limits.headerTimeoutMs });
  const app = await NestFactory.create(AppModule.register(config, options, logger, backend), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  let door;
  let startUp;
  try {
    app.useGlobalFilters(new GatewayExceptionFilter(logger, (path) => adapter.methodsOf(path)));
    app.useGlobalInterceptors(new JsonBodyInterceptor(config.limits.bodyBytes));
    describeApi(app);
    followConfig(app);
    followKeys(app);
    addMetricsSources(app);
    await app.init();
    startUp = watchedStartUp(app, logger);
    const routes = config.server.hotRoutes ? app.get(HotRoutes) : null;
    door = new FrontDoor(
      { routes, readiness: app.get(ReadinessService), corsOrigins: config.server.corsOrigins },
      app.get(VirtualKeyGuard),
      logger,
    );
    adapter.takeFirst(watched(door.enter));
    await startUp.recovered();
    adapter.onUnreadable((fault, socket) => refuseUnreadable(logger, fault, socket));
    await listen(adapter.getHttpServer(), config);
  } catch (error) {
    await app.close();
    throw error;
  }
  const serving = stoppable(app, door, config, logger);
  // A signal may end it before there is anything to say.
  await Promise.race([printBanner(app, config, logger, startUp.upstreamsSettled()), serving.ended]);
  return serving;
}

function watchedStartUp(app: INestApplication, logger: Logger): StartUp {
  const startUp = new StartUp(app, logger);
  app.get(ReadinessService).watch({
    isDatabaseReady: () => app.get(DatabaseService).state === 'ready',
    hasStarted: () => startUp.isDone,
  });
  return startUp;
}

const unwatched = (take: RequestTaker): RequestTaker => take;

async function listen(server: Server, { server: { host, port } }: GatewayConfig): Promise<void> {
  server.listen({ host, port, backlog: 4_096 });
  await once(server, 'listening');
}

/** First signal: no new work, finish what is under way, then end. Second signal: now. */
function stoppable(app: INestApplication, door: FrontDoor, config: GatewayConfig, logger: Logger): Serving {
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= shutDown(app, config, logger).finally(() => door.close()));
  const ended = new Promise<void>((resolve, reject) => {
    const onSignal = (): void => {
      if (stopping !== undefined) process.exit(1);
      stop().then(resolve, reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  return { ended, stop };
}

async function shutDown(app: INestApplication, config: GatewayConfig, logger: Logger): Promise<void> {
  const calls = app.get(InFlightCalls);
  logger.info({ callsInFlight: calls.count }, 'stopping');
  app.get(ReadinessService).stop();
  const server = app.getHttpServer() as Server;
  app.get(ParkedCalls).abandonAll('the gateway stops');
  await calls.drained(config.server.shutdownTimeoutMs);
  calls.cancelAll('the gateway stops');
  server.close();
  for (const session of app.get(SessionRegistry).all()) session.end('the gateway stops');
  server.closeIdleConnections();
  const force = setTimeout(() => server.closeAllConnections(), 1_000);
  await app.close();
  clearTimeout(force);
  logger.info('stopped');
}
