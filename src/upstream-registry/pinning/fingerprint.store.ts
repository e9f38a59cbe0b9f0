import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../../database/database.service.js';
import type { Prisma } from '../../database/generated/client.js';
import {
  keptPerTool,
  keptPerUpstream,
  type AddedTool,
  type FingerprintStore,
  type Observation,
  type SeenTool,
  type ToolVersion,
  type ToolVersionKey,
} from './fingerprint-store.js';

/** Nobody waits for it, and an upstream may have thousands of tools. */
const timeoutMs = 5_000;
const sliceRows = 250;

/** Fingerprints in the database. */
@Injectable()
export class DatabaseFingerprintStore implements FingerprintStore {
  constructor(private readonly database: DatabaseService) {}

  async versions(upstream: string): Promise<readonly ToolVersion[]> {
    const rows = await this.database.run(
      (prisma) => prisma.toolFingerprint.findMany({ where: { upstream }, select: versionColumns }),
      { timeoutMs },
    );
    return rows.map(({ approved, ...row }) => ({ ...row, isApproved: approved }));
  }

  approved(upstream: string): Promise<readonly ToolVersionKey[]> {
    return this.database.run((prisma) => approvedOf(prisma, upstream), { timeoutMs });
  }

  async observe(upstream: string, seen: readonly SeenTool[], isPinned: boolean): Promise<Observation> {
    return this.#exclusively(upstream, async (transaction) => {
      const isFirst = (await transaction.toolFingerprint.findFirst({ where: { upstream } })) === null;
      const added: AddedTool[] = [];
      for (const slice of slicesOf(seen)) {
        const keys = await put(transaction, upstream, slice, isFirst || !isPinned, null);
        added.push(...(isFirst ? keys.map(asFirst) : await withPrevious(transaction, upstream, keys)));
        if (!isFirst && !isPinned) await passApprovalOn(transaction, upstream, slice);
      }
      if (!isFirst && added.length > 0) await prune(transaction, upstream, seen, isPinned);
      return { isFirst, added, approved: isPinned ? await approvedOf(transaction, upstream) : null };
    });
  }

  async approve(upstream: string, tools: readonly SeenTool[], by: string): Promise<void> {
    await this.#exclusively(upstream, async (transaction) => {
      for (const slice of slicesOf(tools)) await put(transaction, upstream, slice, true, by);
    });
  }

  async definitions(upstream: string, fingerprints: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.run((prisma) =>
      prisma.toolFingerprint.findMany({
        where: { upstream, sha256: { in: [...fingerprints] } },
        select: { sha256: true, definition: true },
      }),
    );
    return new Map(rows.map(({ sha256, definition }) => [sha256, definition]));
  }

  async forget(upstream: string): Promise<void> {
    await this.database.run((prisma) => prisma.toolFingerprint.deleteMany({ where: { upstream } }));
  }

  /** One after the other for each upstream, over all replicas: only one of them sees it for the first time. */
  #exclusively<T>(upstream: string, work: (transaction: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return this.database.run(
      (prisma) =>
        prisma.$transaction(async (transaction) => {
          await transaction.$executeRaw`
            SELECT pg_advisory_xact_lock(hashtext('tool_fingerprints'), hashtext(${upstream}))`;
          return work(transaction);
        }),
      { timeoutMs },
    );
  }
}

const versionColumns = {
  tool: true,
  sha256: true,
  approved: true,
  firstSeenAt: true,
  lastSeenAt: true,
} as const;

const asFirst = (key: ToolVersionKey): AddedTool => ({ ...key, previousSha256: null });

function approvedOf(prisma: Prisma.TransactionClient, upstream: string): Promise<readonly ToolVersionKey[]> {
  return prisma.toolFingerprint.findMany({
    where: { upstream, approved: true },
    select: { tool: true, sha256: true },
  });
}

/** Statements of thousands of rows would hold up everybody while they are put together. */
function slicesOf(tools: readonly SeenTool[]): readonly (readonly SeenTool[])[] {
  return Array.from({ length: Math.ceil(tools.length / sliceRows) }, (_, i) =>
    tools.slice(i * sliceRows, (i + 1) * sliceRows),
  );
}

/** Each with the definition that was seen last before it. */
async function withPrevious(
  transaction: Prisma.TransactionClient,
  upstream: string,
  added: readonly ToolVersionKey[],
): Promise<readonly AddedTool[]> {
  if (added.length === 0) return [];
  const { names, hashes } = columnsOf(added);
  return transaction.$queryRaw<AddedTool[]>`
    SELECT added.tool, added.sha256, (
      SELECT old.sha256 FROM tool_fingerprints AS old
      WHERE old.upstream = ${upstream} AND old.tool = added.tool AND old.sha256 <> added.sha256
      ORDER BY old.last_seen_at DESC LIMIT 1
    ) AS "previousSha256"
    FROM unnest(${names}::text[], ${hashes}::text[]) AS added(tool, sha256)`;
}

/** Returns those that were not there. */
async function put(
  transaction: Prisma.TransactionClient,
  upstream: string,
  tools: readonly SeenTool[],
  isApproved: boolean,
  by: string | null,
): Promise<readonly ToolVersionKey[]> {
  const { names, hashes } = columnsOf(tools);
  const definitions = tools.map(({ definition }) => definition);
  const rows = await transaction.$queryRaw<(ToolVersionKey & { readonly isNew: boolean })[]>`
    INSERT INTO tool_fingerprints AS known
      (upstream, tool, sha256, definition, approved, approved_by, first_seen_at, last_seen_at)
    SELECT ${upstream}, seen.tool, seen.sha256, seen.definition, ${isApproved}, ${by},
      statement_timestamp(), statement_timestamp()
    FROM unnest(${names}::text[], ${hashes}::text[], ${definitions}::text[]) AS seen(tool, sha256, definition)
    ON CONFLICT (upstream, tool, sha256) DO UPDATE SET
      last_seen_at = excluded.last_seen_at,
      approved = known.approved OR excluded.approved,
      approved_by = COALESCE(excluded.approved_by, known.approved_by)
    RETURNING tool, sha256, (xmax = 0) AS "isNew"`;
  return rows.filter(({ isNew }) => isNew).map(({ tool, sha256 }) => ({ tool, sha256 }));
}

async function passApprovalOn(
  transaction: Prisma.TransactionClient,
  upstream: string,
  seen: readonly SeenTool[],
): Promise<void> {
  const { names, hashes } = columnsOf(seen);
  await transaction.$executeRaw`
    UPDATE tool_fingerprints AS known SET approved = false
    FROM unnest(${names}::text[], ${hashes}::text[]) AS seen(tool, sha256)
    WHERE known.upstream = ${upstream} AND known.approved
      AND known.tool = seen.tool AND known.sha256 <> seen.sha256`;
}

/** An upstream that never says the same twice does not fill the table. */
async function prune(
  transaction: Prisma.TransactionClient,
  upstream: string,
  seen: readonly SeenTool[],
  isPinned: boolean,
): Promise<void> {
  const { names, hashes } = columnsOf(seen);
  await transaction.$executeRaw`
    DELETE FROM tool_fingerprints AS known USING (
      SELECT tool, sha256,
        row_number() OVER (PARTITION BY tool ORDER BY last_seen_at DESC) AS of_tool,
        row_number() OVER (ORDER BY last_seen_at DESC) AS of_upstream
      FROM tool_fingerprints
      WHERE upstream = ${upstream} AND NOT (approved AND ${isPinned})
        AND (tool, sha256) NOT IN (SELECT * FROM unnest(${names}::text[], ${hashes}::text[]))
    ) AS old
    WHERE known.upstream = ${upstream} AND known.tool = old.tool AND known.sha256 = old.sha256
      AND (old.of_tool > ${keptPerTool} OR old.of_upstream > ${keptPerUpstream})`;
}

function columnsOf(tools: readonly ToolVersionKey[]): { names: string[]; hashes: string[] } {
  return { names: tools.map(({ tool }) => tool), hashes: tools.map(({ sha256 }) => sha256) };
}
