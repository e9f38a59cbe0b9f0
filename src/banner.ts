import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

import { MasterKeyService } from './auth/master-key.service.js';
import { bannerLine, bannerText, keyLine, keyText, type StartFacts } from './banner-text.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { DatabaseService } from './database/database.service.js';
import { UpstreamRegistry } from './upstream-registry/upstream-registry.service.js';
import type { Upstream } from './upstream-registry/upstream.js';

/** How long the banner waits to say what became of what was started; the gateway serves meanwhile. */
const patienceMs = { database: 60_000, databaseThatFails: 1_000 };

/**
 * What a start says (contract section 1): to a terminal readable, otherwise as one JSON line.
 *
 * @param settled resolves when it can be said what became of the upstreams
 */
export async function printBanner(
  app: INestApplication,
  config: GatewayConfig,
  logger: Logger,
  settled: Promise<void>,
): Promise<void> {
  const masterKey = app.get(MasterKeyService);
  const database = app.get(DatabaseService);
  const upstreams = app.get(UpstreamRegistry).list();
  const [isKeyKnown] = await Promise.all([keyKnown(masterKey, database), settled]);
  say(facts(app, config, upstreams, masterKey.generatedNow()?.reveal() ?? null), logger);
  if (!isKeyKnown) sayKeyLater(masterKey, database);
}

/** The database, and with it a key that is made at the first start. False when they cannot be waited for. */
async function keyKnown(masterKey: MasterKeyService, database: DatabaseService): Promise<boolean> {
  const startedAt = Date.now();
  while (database.state !== 'ready') {
    const waitedMs = Date.now() - startedAt;
    const limitMs = database.failure === null ? patienceMs.database : patienceMs.databaseThatFails;
    if (waitedMs > limitMs) return false;
    await pause(20);
  }
  return masterKey.whenKnown().then(
    () => true,
    () => false,
  );
}

function facts(
  app: INestApplication,
  config: GatewayConfig,
  upstreams: readonly Upstream[],
  masterKey: string | null,
): StartFacts {
  const { host } = config.server;
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const isReady = app.get(DatabaseService).state === 'ready';
  const database = databaseName(config);
  return {
    address: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`,
    database: isReady ? database : `${database}, not reachable yet`,
    isReady,
    configuration: config.file ?? 'none (config.yaml not found): the built-in demo upstream is on',
    upstreams: upstreams.map((it) => ({
      name: it.config.name,
      state: it.status().state,
      tools: it.catalog?.tools.length ?? 0,
    })),
    masterKey,
  };
}

/** Where it is, without what opens it. */
function databaseName({ database: { url, dataDir } }: GatewayConfig): string {
  if (url === null) return `embedded Postgres (PGlite) in ${dataDir}`;
  const address = url.reveal();
  if (!URL.canParse(address)) return 'Postgres';
  const { host, pathname } = new URL(address);
  return `Postgres ${decodeURIComponent(pathname.slice(1))} at ${host === '' ? 'this machine' : host}`;
}

function say(said: StartFacts, logger: Logger): void {
  if (process.stdout.isTTY) process.stdout.write(`${bannerText(said)}\n`);
  else if (logger.isLevelEnabled('info')) process.stdout.write(`${bannerLine(said, new Date())}\n`);
  else if (said.masterKey !== null) sayKey(said.masterKey);
}

/** The one thing that is said whatever the log level, since it is never said again. */
function sayKey(masterKey: string): void {
  process.stdout.write(`${process.stdout.isTTY ? keyText(masterKey) : keyLine(masterKey, new Date())}\n`);
}

/** The database was away: the key is made, and shown, when it is there. */
function sayKeyLater(masterKey: MasterKeyService, database: DatabaseService): void {
  const stop = database.onReady(() => {
    stop();
    masterKey.whenKnown().then(
      () => {
        const key = masterKey.generatedNow()?.reveal();
        if (key !== undefined) sayKey(key);
      },
      () => undefined,
    );
  });
}
