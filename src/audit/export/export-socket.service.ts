import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import type { OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';

import type { DatabaseService } from '../../database/database.service.js';
import type { AuditQuery } from '../audit-query.service.js';
import type { AuditService } from '../audit.service.js';
import { endOfExport, exportAddress, exportFolder } from './export-address.js';

const catchUpWithinMs = 60_000;

/**
 * An embedded database belongs to its gateway alone, so the gateway itself answers `toolgate audit export` while it
 * runs: a client sends a moment, ISO 8601, and gets every row since, as JSON lines. Whoever may enter the folder of the
 * socket may read the database's files as well.
 */
export class AuditExportSocket implements OnApplicationBootstrap {
  #server: Server | null = null;

  constructor(
    private readonly database: DatabaseService,
    private readonly dataDir: string,
    private readonly audit: AuditService,
    private readonly query: AuditQuery,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.database.kind !== 'pglite') return;
    this.database.beforeClose(() => this.#close());
    try {
      await this.#listen();
    } catch (error) {
      this.logger.warn({ err: error }, 'toolgate audit export will not reach this gateway while it runs');
    }
  }

  async #listen(): Promise<void> {
    const address = exportAddress(this.dataDir);
    await mkdir(exportFolder(this.dataDir), { recursive: true, mode: 0o700 });
    // What a gateway that was killed has left.
    await rm(address, { force: true });
    const server = createServer((socket) => void this.#answer(socket));
    server.listen(address);
    await once(server, 'listening');
    server.unref();
    this.#server = server;
  }

  async #answer(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const since = new Date(await firstLine(socket));
      await this.audit.catchUp(catchUpWithinMs);
      await this.query.exportJsonLines(since, socket);
      socket.end(endOfExport);
    } catch (error) {
      this.logger.warn({ err: error }, 'an export of the audit trail ended early');
      socket.destroy();
    }
  }

  async #close(): Promise<void> {
    this.#server?.close();
    await rm(exportAddress(this.dataDir), { force: true });
  }
}

async function firstLine(socket: Socket): Promise<string> {
  for await (const line of createInterface({ input: socket })) return line;
  throw new Error('The client asked nothing.');
}
