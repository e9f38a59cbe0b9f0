import { budgetWindow, keptUntil } from '../core/budget-window.js';
import type { PermissionLevelKind } from '../core/permission.js';
import type { Prisma } from '../database/generated/client.js';
import { limitsOf, type LevelFields, type LevelState } from './level.js';

type Level = LevelFields & LevelState & { readonly id: string };

/**
 * What was spent of a budget counts on in the period that a change of `budget_duration` begins: otherwise whoever may
 * change the period could begin anew as often as they like.
 */
export async function carryBudget(
  prisma: Prisma.TransactionClient,
  kind: PermissionLevelKind,
  before: Level,
  after: Level,
): Promise<void> {
  if (before.maxBudget === null || after.maxBudget === null) return;
  const nowMs = Date.now();
  const from = budgetWindow(limitsOf(before), nowMs);
  const to = budgetWindow(limitsOf(after), nowMs);
  if (from.startMs === to.startMs) return;
  await prisma.$executeRaw`
    INSERT INTO limit_counters (subject_kind, subject_id, limit_name, window_start, used, expires_at)
    SELECT subject_kind, subject_id, limit_name, ${new Date(to.startMs)}, used, ${keptUntil(to)} FROM limit_counters
    WHERE subject_kind = ${kind} AND subject_id = ${after.id} AND limit_name = 'max_budget' AND window_start = ${new Date(from.startMs)}
    ON CONFLICT (subject_kind, subject_id, limit_name, window_start)
    DO UPDATE SET used = greatest(limit_counters.used, excluded.used)`;
}
