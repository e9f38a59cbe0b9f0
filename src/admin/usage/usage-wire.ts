import { z } from 'zod';

import { usageGroups } from '../../limits/usage-query.store.js';
import { lookup, paging } from '../wire/fields.js';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2026-11-23')
  .transform((text) => new Date(`${text}T00:00:00Z`))
  .refine((date) => !Number.isNaN(date.getTime()), 'must be a day such as 2026-11-23');

const group = z.enum(usageGroups, `must be some of: ${usageGroups.join(', ')}`);
const groups = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.tuple([group], group));

/** Query of `GET /v1/usage`. */
export const usageQuery = z.strictObject({
  group_by: groups.default(['day']),
  since: day.optional(),
  until: day.optional(),
  key: lookup.optional(),
  user: lookup.optional(),
  team: lookup.optional(),
  organization: lookup.optional(),
  model: lookup.optional(),
  upstream: lookup.optional(),
  tool: lookup.optional(),
  ...paging,
});
export type UsageQueryInput = z.infer<typeof usageQuery>;
