import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import { DatabaseService } from '../database/database.service.js';
import type { Prisma } from '../database/generated/client.js';
import { carryBudget } from './carry-budget.store.js';
import { levelColumns, readLevel } from './level-columns.store.js';
import type { Patch } from './level.js';
import { normalizeName } from './normalize.js';
import { orderOf, teamsUnder, whereOf } from './virtual-key-filter.store.js';
import type { KeyOrder, Page, VirtualKey, VirtualKeyFields, VirtualKeyFilter } from './virtual-key.js';

/** What is stored of a secret. */
export interface StoredSecret {
  readonly hash: string;
  /** `sk-...abcd`. */
  readonly name: string;
}

export type KeyLookup = { readonly hash: string } | { readonly idOrAlias: string };

export interface Rotation {
  readonly secret: StoredSecret;
  /** Until when the secret before goes on; null: it ends now. */
  readonly graceUntil: Date | null;
}

const withTeam = { team: { select: { organizationId: true } } } satisfies Prisma.VirtualKeyInclude;
const withoutSecrets = {
  hash: true,
  previousHash: true,
  previousHashExpiresAt: true,
} satisfies Prisma.VirtualKeyOmit;
const shape = { include: withTeam, omit: withoutSecrets } as const;
type KeyRow = Prisma.VirtualKeyGetPayload<typeof shape>;

@Injectable()
export class VirtualKeyStore {
  constructor(private readonly database: DatabaseService) {}

  async insert(
    id: string,
    secret: StoredSecret,
    fields: Patch<VirtualKeyFields>,
    by: string | null,
  ): Promise<VirtualKey> {
    const data = { ...keyColumns(fields, null), id, ...secret, createdBy: by, updatedBy: by };
    return read(await this.database.run((prisma) => prisma.virtualKey.create({ data, ...shape })));
  }

  /** By id, by alias or by the hash of the secret, old ones within their grace period included; in the order asked. */
  async findMany(lookups: readonly KeyLookup[]): Promise<(VirtualKey | null)[]> {
    const hashes = lookups.flatMap((it) => ('hash' in it ? [it.hash] : []));
    const names = lookups.flatMap((it) => ('idOrAlias' in it ? [it.idOrAlias] : []));
    const where: Prisma.VirtualKeyWhereInput = {
      OR: [
        { hash: { in: hashes } },
        { previousHash: { in: hashes }, previousHashExpiresAt: { gt: new Date() } },
        { id: { in: names } },
        { aliasNormalized: { in: names.map(normalizeName) } },
      ],
    };
    const rows = await this.database.run((prisma) =>
      prisma.virtualKey.findMany({ where, include: withTeam }),
    );
    const found = lookups.map((it) =>
      'hash' in it
        ? rows.find((row) => row.hash === it.hash || row.previousHash === it.hash)
        : (rows.find((row) => row.id === it.idOrAlias) ??
          rows.find((row) => row.aliasNormalized === normalizeName(it.idOrAlias))),
    );
    return found.map((row) => (row === undefined ? null : read(row)));
  }

  /**
   * Changes a key while nobody else can. `decide` sees it as it is and says what changes; it may throw, then nothing
   * does. null when there is no such key.
   */
  async change(
    id: string,
    by: string | null,
    decide: (current: VirtualKey) => Patch<VirtualKeyFields>,
    rotation: Rotation | null = null,
    once: OnceOnly | null = null,
  ): Promise<{ before: VirtualKey; after: VirtualKey } | null> {
    return this.#inTransaction(async (prisma) => {
      const [locked] = await prisma.$queryRaw<
        { hash: string }[]
      >`SELECT "hash" FROM "virtual_keys" WHERE "key_id" = ${id} FOR UPDATE`;
      if (locked === undefined) return null;
      const before = read(await prisma.virtualKey.findUniqueOrThrow({ where: { id }, ...shape }));
      const patch = decide(before);
      if (once !== null) await claim(prisma, once);
      const data = {
        ...keyColumns(patch, before),
        ...(rotation === null ? {} : rotated(locked.hash, rotation)),
        updatedBy: by,
      };
      const after = read(await prisma.virtualKey.update({ where: { id }, data, ...shape }));
      await carryBudget(prisma, 'key', before, after);
      return { before, after };
    });
  }

  #inTransaction<T>(work: (prisma: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return this.database.run((prisma) => prisma.$transaction(work));
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.database.run((prisma) => prisma.virtualKey.deleteMany({ where: { id: { in: [...ids] } } }));
  }

  /** One page, and how many there are in all. */
  async list(
    filter: VirtualKeyFilter,
    { page, size }: Page,
    order: KeyOrder,
  ): Promise<{ keys: VirtualKey[]; total: number }> {
    const orderBy = orderOf(order);
    return this.database.run(async (prisma) => {
      const where = whereOf(filter, await teamsUnder(prisma, filter));
      // Ids first: a page far behind is then found in the index alone, and only its own rows are read.
      const [ids, total] = await Promise.all([
        prisma.virtualKey.findMany({
          ...{ where, orderBy, skip: (page - 1) * size, take: size },
          select: { id: true },
        }),
        prisma.virtualKey.count({ where }),
      ]);
      const ofPage = { id: { in: ids.map(({ id }) => id) } };
      const rows = await prisma.virtualKey.findMany({ where: ofPage, ...shape });
      const byId = new Map(rows.map((row) => [row.id, read(row)]));
      return { keys: ids.flatMap(({ id }) => byId.get(id) ?? []), total };
    });
  }
}

/** A request that must be carried out once until `expiresAt`. */
export interface OnceOnly {
  readonly scope: string;
  readonly key: string;
  readonly expiresAt: Date;
}

/** Throws CONFLICT when it was claimed before and that has not expired. */
async function claim(prisma: Prisma.TransactionClient, { scope, key, expiresAt }: OnceOnly): Promise<void> {
  await prisma.idempotencyKey.deleteMany({ where: { scope, key, expiresAt: { lte: new Date() } } });
  const { count } = await prisma.idempotencyKey.createMany({
    data: { scope, key, expiresAt },
    skipDuplicates: true,
  });
  if (count > 0) return;
  throw new GatewayError('CONFLICT', {
    param: 'Idempotency-Key',
    message:
      'A request with this Idempotency-Key was carried out within the last day, and its answer, with the new key, was ' +
      'given then. Nothing was changed now. Should that answer be lost, send the request with a new Idempotency-Key.',
  });
}

function rotated(oldHash: string, { secret, graceUntil }: Rotation) {
  return {
    ...secret,
    previousHash: graceUntil === null ? null : oldHash,
    previousHashExpiresAt: graceUntil,
  };
}

function keyColumns(patch: Patch<VirtualKeyFields>, before: VirtualKey | null) {
  return {
    ...levelColumns(patch, before),
    ...(patch.alias === undefined
      ? {}
      : { alias: patch.alias, aliasNormalized: patch.alias === null ? null : normalizeName(patch.alias) }),
    ...(patch.type === undefined ? {} : { type: patch.type }),
    ...(patch.allowedRoutes === undefined ? {} : { allowedRoutes: [...patch.allowedRoutes] }),
    ...(patch.userId === undefined ? {} : { userId: patch.userId }),
    ...(patch.teamId === undefined ? {} : { teamId: patch.teamId }),
    ...(patch.organizationId === undefined ? {} : { organizationId: patch.organizationId }),
    ...(patch.expiresAt === undefined ? {} : { expiresAt: patch.expiresAt }),
  };
}

function read(row: KeyRow): VirtualKey {
  return {
    ...readLevel(row),
    id: row.id,
    name: row.name,
    alias: row.alias,
    type: row.type,
    allowedRoutes: row.allowedRoutes,
    userId: row.userId,
    teamId: row.teamId,
    organizationId: row.organizationId,
    effectiveOrganizationId: row.team?.organizationId ?? row.organizationId,
    expiresAt: row.expiresAt,
  };
}
