import { z } from 'zod';

import { usageGroups } from '../../limits/usage-query.store.js';
import { moment } from '../wire/audit-wire.js';
import { lookup, paging } from '../wire/fields.js';

const groupHint = `must be some of: ${usageGroups.join(', ')}`;
const groupList = z.tuple([z.enum(usageGroups)], z.enum(usageGroups));
const groups = z.string(groupHint).transform((text, context) => {
  const names = groupList.safeParse(text.split(',').map((name) => name.trim()));
  if (names.success) return names.data;
  context.addIssue(groupHint);
  return z.NEVER;
});

/** Query of `GET /v1/usage`. */
export const usageQuery = z.strictObject({
  group_by: groups.default(['day']),
  /** Only the day of each counts, in UTC. */
  since: moment.optional(),
  until: moment.optional(),
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
