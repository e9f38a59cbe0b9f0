import { z } from 'zod';

import type { AuditOutcome } from '../../core/audit-entry.js';
import { lookup } from './fields.js';

const outcomes = {
  success: true,
  tool_error: true,
  error: true,
  denied: true,
  cancelled: true,
  limited: true,
} as const satisfies Record<AuditOutcome, true>;
const outcomeNames = Object.keys(outcomes) as [AuditOutcome, ...AuditOutcome[]];

const momentHint = 'must be a date or date and time such as 2026-01-31 or 2026-01-31T12:00:00Z';
export const moment = z
  .union([z.iso.datetime({ offset: true, error: momentHint }), z.iso.date(momentHint)], momentHint)
  .transform((text) => new Date(text));

const limitHint = 'must be a whole number from 1 to 100';
const limit = z
  .string()
  .regex(/^\d{1,3}$/, limitHint)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 100, limitHint);

export const auditQuery = z.strictObject({
  since: moment.optional(),
  until: moment.optional(),
  key: lookup.optional(),
  team: lookup.optional(),
  user: lookup.optional(),
  organization: lookup.optional(),
  tool: lookup.optional(),
  upstream: lookup.optional(),
  outcome: z.enum(outcomeNames, `must be one of ${outcomeNames.join(', ')}`).optional(),
  limit: limit.default(50),
  cursor: z.string().max(256).optional(),
});
export type AuditQueryInput = z.infer<typeof auditQuery>;
