import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

import { DatabaseService } from './database/database.service.js';
import { GatewaySettingsStore } from './database/gateway-settings.store.js';
import { SessionSecret } from './mcp/session-secret.service.js';
import { ToolsetService } from './permissions/toolset.service.js';
import { StoredServers } from './upstream-registry/stored/stored-servers.service.js';
import type { Upstream } from './upstream-registry/upstream.js';
import { UpstreamRegistry } from './upstream-registry/upstream-registry.service.js';

/** How long the port stays closed for a database that is still opening, and readiness for upstreams never read before. */
const patienceMs = { database: 10_000, upstreams: 2_000 };
const retryMs = 1_000;
const pollMs = 20;

/**
 * What clients of an earlier process count on: their sessions, servers, toolsets and the last known lists. Without it a
 * restart would answer them with lists that are empty and tools that are unknown.
 */
export class StartUp {
  #haveUpstreamsSettled = false;

  constructor(
    private readonly app: INestApplication,
    logger: Logger,
  ) {
    shareSessionSecret(app, logger);
  }

  /** Whether clients may be sent here. Once true it stays true. */
  get isDone(): boolean {
    return this.#haveUpstreamsSettled && this.#isRecovered;
  }

  /** Resolves when the database has given what it keeps; or is known to be away, which must not keep the port closed. */
  async recovered(): Promise<void> {
    const database = this.app.get(DatabaseService);
    const end = Date.now() + patienceMs.database;
    while (!this.#isRecovered && database.failure === null && Date.now() < end) await pause(pollMs);
  }

  /** Resolves when of each upstream something is known, or that it cannot be reached; or after a while. */
  async upstreamsSettled(): Promise<void> {
    const registry = this.app.get(UpstreamRegistry);
    const end = Date.now() + patienceMs.upstreams;
    while (registry.list().some(isStarting) && Date.now() < end) await pause(pollMs);
    this.#haveUpstreamsSettled = true;
  }

  get #isRecovered(): boolean {
    return (
      this.app.get(UpstreamRegistry).isRestored &&
      this.app.get(StoredServers).isRead &&
      this.app.get(ToolsetService).isRead &&
      this.app.get(SessionSecret).isShared
    );
  }
}

function isStarting(upstream: Upstream): boolean {
  const { state } = upstream.status();
  return state === 'connecting' || (state === 'ready' && upstream.catalog === null);
}

/** Session ids hold on every replica and through a restart once the stored secret is known. */
function shareSessionSecret(app: INestApplication, logger: Logger): void {
  const settings = app.get(GatewaySettingsStore);
  const database = app.get(DatabaseService);
  const secret = app.get(SessionSecret);
  const load = (): void => {
    settings
      .getOrCreate('session_signing_secret', () => randomBytes(32))
      .then(
        (stored) => secret.use(stored),
        (error: unknown) => {
          logger.warn({ err: error }, 'could not read the secret of session ids yet');
          setTimeout(() => {
            if (database.state === 'ready' && !secret.isShared) load();
          }, retryMs).unref();
        },
      );
  };
  database.onReady(load);
  if (database.state === 'ready') load();
}
