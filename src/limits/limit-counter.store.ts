import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { CounterKey } from './lasting-counter.js';
import type { CounterIncrement, CounterStore } from './lasting-counters.js';

interface CounterRow {
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly limit_name: string;
  readonly window_start: Date;
  readonly used: number;
}

/** Quotas and budgets in Postgres: one statement a batch, whatever its size. */
@Injectable()
export class LimitCounterStore implements CounterStore {
  constructor(private readonly database: DatabaseService) {}

  async add(increments: readonly CounterIncrement[]): Promise<number[]> {
    if (increments.length === 0) return [];
    const { kinds, ids, limits, starts } = columnsOf(increments);
    const amounts = increments.map(({ amount }) => amount);
    const ends = increments.map(({ expiresAt }) => expiresAt.toISOString());
    // Grouped, because two counters of this process may be one row: a budget whose period was set anew, for one.
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<CounterRow[]>`
        INSERT INTO limit_counters (subject_kind, subject_id, limit_name, window_start, used, expires_at)
        SELECT kind, id, name, start, sum(amount), max(expires)
        FROM unnest(
          ${kinds}::text[], ${ids}::text[], ${limits}::text[], ${starts}::timestamptz[],
          ${amounts}::float8[], ${ends}::timestamptz[]
        ) AS batch (kind, id, name, start, amount, expires)
        GROUP BY kind, id, name, start
        ORDER BY kind, id, name, start
        ON CONFLICT (subject_kind, subject_id, limit_name, window_start)
        DO UPDATE SET used = limit_counters.used + excluded.used
        RETURNING subject_kind, subject_id, limit_name, window_start, used`,
    );
    return inOrder(increments, rows);
  }

  async read(keys: readonly CounterKey[]): Promise<number[]> {
    if (keys.length === 0) return [];
    const { kinds, ids, limits, starts } = columnsOf(keys);
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<CounterRow[]>`
        SELECT subject_kind, subject_id, limit_name, window_start, used
        FROM limit_counters
        JOIN unnest(${kinds}::text[], ${ids}::text[], ${limits}::text[], ${starts}::timestamptz[])
          AS asked (kind, id, name, start)
          ON subject_kind = kind AND subject_id = id AND limit_name = name AND window_start = start`,
    );
    return inOrder(keys, rows);
  }

  async removeExpired(now: Date): Promise<void> {
    await this.database.run((prisma) =>
      prisma.limitCounter.deleteMany({ where: { expiresAt: { lt: now } } }),
    );
  }
}

function columnsOf(keys: readonly CounterKey[]): Record<'kinds' | 'ids' | 'limits' | 'starts', string[]> {
  return {
    kinds: keys.map(({ subjectKind }) => subjectKind),
    ids: keys.map(({ subjectId }) => subjectId),
    limits: keys.map(({ limit }) => limit),
    starts: keys.map(({ windowStart }) => windowStart.toISOString()),
  };
}

/** Rows come in any order; a key without a row is at zero. */
function inOrder(keys: readonly CounterKey[], rows: readonly CounterRow[]): number[] {
  const used = new Map(
    rows.map((row) => [nameOf(row.subject_kind, row.subject_id, row.limit_name, row.window_start), row.used]),
  );
  return keys.map((key) => used.get(nameOf(key.subjectKind, key.subjectId, key.limit, key.windowStart)) ?? 0);
}

function nameOf(...parts: readonly [kind: string, id: string, limit: string, start: Date]): string {
  const [kind, id, limit, start] = parts;
  return JSON.stringify([kind, id, limit, start.getTime()]);
}
