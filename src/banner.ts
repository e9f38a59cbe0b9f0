import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

import { MasterKeyService } from './auth/master-key.service.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { version } from './core/version.js';
import { DatabaseService } from './database/database.service.js';
import { UpstreamRegistry } from './upstream-registry/upstream-registry.service.js';
import type { Upstream } from './upstream-registry/upstream.js';

/** How long the banner waits to say what became of what was started; the gateway serves meanwhile. */
const patienceMs = { upstreams: 2_000, postgres: 2_000, pglite: 60_000 };

interface Facts {
  readonly address: string;
  readonly database: string;
  readonly configuration: string;
  readonly upstreams: readonly { readonly name: string; readonly state: string; readonly tools: number }[];
  readonly masterKey: string | null;
}

/** What a start says (contract section 1): to a terminal readable, otherwise as one JSON line. */
export async function printBanner(
  app: INestApplication,
  config: GatewayConfig,
  logger: Logger,
): Promise<void> {
  const masterKey = app.get(MasterKeyService);
  const database = app.get(DatabaseService);
  const upstreams = app.get(UpstreamRegistry).list();
  const [isKeyKnown] = await Promise.all([keyKnown(masterKey, database), settled(upstreams)]);
  say(facts(app, config, upstreams, masterKey.generatedNow()?.reveal() ?? null), logger);
  if (!isKeyKnown) sayKeyLater(masterKey, database);
}

/** The database, and with it a key that is made at the first start. False when they take too long. */
async function keyKnown(masterKey: MasterKeyService, database: DatabaseService): Promise<boolean> {
  if (!(await database.whenReady(patienceMs[database.kind]))) return false;
  return masterKey.whenKnown().then(
    () => true,
    () => false,
  );
}

async function settled(upstreams: readonly Upstream[]): Promise<void> {
  const end = Date.now() + patienceMs.upstreams;
  while (upstreams.some(isStarting) && Date.now() < end) await pause(20);
}

function isStarting(upstream: Upstream): boolean {
  const { state } = upstream.status();
  return state === 'connecting' || (state === 'ready' && upstream.catalog === null);
}

function facts(
  app: INestApplication,
  config: GatewayConfig,
  upstreams: readonly Upstream[],
  masterKey: string | null,
): Facts {
  const { host } = config.server;
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const { kind, state } = app.get(DatabaseService);
  const name = kind === 'pglite' ? `embedded Postgres (PGlite) in ${config.database.dataDir}` : 'Postgres';
  return {
    address: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}`,
    database: state === 'ready' ? name : `${name}, not reachable yet`,
    configuration: config.file ?? 'none (config.yaml not found): the built-in demo upstream is on',
    upstreams: upstreams.map((it) => ({
      name: it.config.name,
      state: it.status().state,
      tools: it.catalog?.tools.length ?? 0,
    })),
    masterKey,
  };
}

function say(said: Facts, logger: Logger): void {
  const curl = curlFor(said.address, said.masterKey);
  if (process.stdout.isTTY) process.stdout.write(`${readable(said, curl)}\n`);
  else if (logger.isLevelEnabled('info')) {
    const line = {
      level: 'info',
      time: new Date().toISOString(),
      ...said,
      curl,
      msg: `Toolgate ${version} is ready`,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } else if (said.masterKey !== null) sayKey(said.masterKey);
}

/** The key alone: the one thing that is said whatever the log level, since it is never said again. */
function sayKey(masterKey: string): void {
  const line = process.stdout.isTTY
    ? keyLine(masterKey)
    : JSON.stringify({
        level: 'info',
        time: new Date().toISOString(),
        masterKey,
        msg: 'master key, shown once',
      });
  process.stdout.write(`${line}\n`);
}

const keyLine = (masterKey: string): string =>
  `Master key (generated now, shown once, keep it): ${masterKey}`;

function curlFor(address: string, masterKey: string | null): string {
  return `curl ${address}/mcp/tools/list -H "Authorization: Bearer ${masterKey ?? '$TOOLGATE_MASTER_KEY'}"`;
}

function readable(said: Facts, curl: string): string {
  const upstreams = said.upstreams.map(({ name, state, tools }) => `  ${name}: ${state}, ${tools} tools`);
  return [
    '',
    `Toolgate ${version} is ready at ${said.address}`,
    `Database: ${said.database}`,
    `Configuration: ${said.configuration}`,
    'Upstreams:',
    ...(upstreams.length === 0 ? ['  none'] : upstreams),
    ...(said.masterKey === null ? [] : ['', keyLine(said.masterKey)]),
    '',
    'List the tools:',
    `  ${curl}`,
    '',
  ].join('\n');
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
