import { Injectable } from '@nestjs/common';

import { Secret } from '../../core/secret.js';
import { DatabaseService } from '../../database/database.service.js';
import { Prisma, type McpServer } from '../../database/generated/client.js';
import type { Keyring } from './keyring.js';
import { KeyringService } from './keyring.service.js';
import type { StoredSecrets, StoredServer, StoredServerFields } from './stored-server.js';
import { originText } from './stored-url.js';

/** Before and after a change. */
export interface StoredServerChange {
  readonly before: StoredServer;
  readonly after: StoredServer;
}

/** Servers in Postgres; seals what is secret on the way in and opens it on the way out. */
@Injectable()
export class StoredServerStore {
  constructor(
    private readonly database: DatabaseService,
    private readonly keyrings: KeyringService,
  ) {}

  /** In name order. What another key sealed, and is still known, is sealed anew on the way. */
  async all(): Promise<StoredServer[]> {
    const rows = await this.database.run((prisma) =>
      prisma.mcpServer.findMany({ orderBy: { nameNormalized: 'asc' } }),
    );
    if (rows.length === 0) return [];
    const keyring = await this.keyrings.get();
    for (const { id } of rows.filter((row) => openRow(row, keyring)?.isStale === true))
      await this.#write(id, keyring, null, (current) => current);
    return rows.map((row) => read(row, keyring));
  }

  /** null when the id or the name is taken. */
  async insert(id: string, fields: StoredServerFields, by: string): Promise<StoredServer | null> {
    const keyring = await this.keyrings.get();
    const data = { id, ...columns(id, fields, keyring), createdBy: by, updatedBy: by };
    try {
      return read(await this.database.run((prisma) => prisma.mcpServer.create({ data })), keyring);
    } catch (error) {
      if (isTaken(error)) return null;
      throw error;
    }
  }

  /**
   * Reads, changes and writes one row that nobody else changes meanwhile.
   * @returns `taken` when the new name is, null when there is no such server
   */
  async update(
    id: string,
    by: string,
    change: (current: StoredServer) => StoredServerFields,
  ): Promise<StoredServerChange | 'taken' | null> {
    const keyring = await this.keyrings.get();
    try {
      return await this.#write(id, keyring, by, change);
    } catch (error) {
      if (isTaken(error)) return 'taken';
      throw error;
    }
  }

  /** Whether there was one. */
  async delete(id: string): Promise<boolean> {
    const { count } = await this.database.run((prisma) => prisma.mcpServer.deleteMany({ where: { id } }));
    return count > 0;
  }

  /** @param by null: only the sealing changes */
  #write(
    id: string,
    keyring: Keyring,
    by: string | null,
    change: (current: StoredServer) => StoredServerFields,
  ): Promise<StoredServerChange | null> {
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        await transaction.$queryRaw`select 1 from mcp_servers where server_id = ${id} for update`;
        const row = await transaction.mcpServer.findUnique({ where: { id } });
        if (row === null) return null;
        const before = read(row, keyring);
        const who = by === null ? { updatedAt: row.updatedAt } : { updatedBy: by };
        const data = { ...columns(id, change(before), keyring, row), ...who };
        return { before, after: read(await transaction.mcpServer.update({ where: { id }, data }), keyring) };
      }),
    );
  }
}

/** @param sealed what stays as it is when it could not be opened */
function columns(
  id: string,
  fields: StoredServerFields,
  keyring: Keyring,
  sealed: Pick<McpServer, 'url' | 'credentials' | 'staticHeaders'> | null = null,
) {
  const { name, secrets, info, allowedTools, extraHeaders, disallowedTools, accessGroups, ...plain } = fields;
  return {
    name,
    nameNormalized: name.toLowerCase(),
    description: plain.description,
    transport: plain.transport,
    authType: plain.authType,
    timeoutMs: plain.timeoutMs,
    idleTimeoutMs: plain.idleTimeoutMs,
    connectTimeoutMs: plain.connectTimeoutMs,
    maxConcurrentRequests: plain.maxConcurrentRequests,
    session: plain.session,
    pin: plain.pin,
    extraHeaders: [...extraHeaders],
    disallowedTools: [...disallowedTools],
    accessGroups: [...accessGroups],
    allowedTools: allowedTools === null ? Prisma.DbNull : [...allowedTools],
    info: info as Prisma.InputJsonObject,
    ...(secrets === null
      ? { url: sealed?.url ?? '', credentials: sealed?.credentials ?? null }
      : sealColumns(id, secrets, keyring)),
  };
}

function sealColumns(id: string, { url, authValue, staticHeaders }: StoredSecrets, keyring: Keyring) {
  const headers = Object.entries(staticHeaders).map(([name, value]) => [name, value.reveal()]);
  const credentials = JSON.stringify({ url: url.reveal(), authValue: authValue?.reveal() ?? null });
  return {
    url: originText(url.reveal()),
    credentials: keyring.seal(credentials, `${id}/credentials`),
    staticHeaders:
      headers.length === 0
        ? null
        : keyring.seal(JSON.stringify(Object.fromEntries(headers)), `${id}/static_headers`),
  };
}

function openRow(
  { id, credentials, staticHeaders }: McpServer,
  keyring: Keyring,
): { readonly secrets: StoredSecrets; readonly isStale: boolean } | null {
  const opened = credentials === null ? null : keyring.open(credentials, `${id}/credentials`);
  const headers =
    staticHeaders === null
      ? { text: '{}', isStale: false }
      : keyring.open(staticHeaders, `${id}/static_headers`);
  if (opened === null || headers === null) return null;
  const { url, authValue } = JSON.parse(opened.text) as { url: string; authValue: string | null };
  const values = Object.entries(JSON.parse(headers.text) as Record<string, string>);
  return {
    secrets: {
      url: new Secret(url),
      authValue: authValue === null ? null : new Secret(authValue),
      staticHeaders: Object.fromEntries(values.map(([name, value]) => [name, new Secret(value)])),
    },
    isStale: opened.isStale || headers.isStale,
  };
}

function read(row: McpServer, keyring: Keyring): StoredServer {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    origin: row.url,
    transport: row.transport as StoredServer['transport'],
    authType: row.authType as StoredServer['authType'],
    secrets: openRow(row, keyring)?.secrets ?? null,
    extraHeaders: row.extraHeaders,
    allowedTools: row.allowedTools as readonly string[] | null,
    disallowedTools: row.disallowedTools,
    accessGroups: row.accessGroups,
    info: row.info as Readonly<Record<string, unknown>>,
    timeoutMs: row.timeoutMs,
    idleTimeoutMs: row.idleTimeoutMs,
    connectTimeoutMs: row.connectTimeoutMs,
    maxConcurrentRequests: row.maxConcurrentRequests,
    session: row.session as StoredServer['session'],
    pin: row.pin,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    createdBy: row.createdBy,
    updatedBy: row.updatedBy,
  };
}

const isTaken = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
