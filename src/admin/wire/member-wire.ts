import { z } from 'zod';

import type { MembershipRole } from '../../directory/membership.js';
import { id } from './fields.js';
import { missing } from './request-schema.pipe.js';

/** Plain shape of an address: something, one @, something. Uniqueness is what matters here. */
export const email = z
  .string()
  .max(320)
  .regex(/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u, 'must be an email address');

const oneOf = ({ user_id, user_email }: { user_id?: unknown; user_email?: unknown }): boolean =>
  (user_id === undefined || user_id === null) !== (user_email === undefined || user_email === null);
const oneOfHint = missing("needs exactly one of 'user_id' and 'user_email'");

const whoFields = { user_id: id.nullish(), user_email: email.nullish() };

/** LiteLLM names an organization's roles after users' roles. */
const roleNames = {
  admin: 'admin',
  user: 'user',
  org_admin: 'admin',
  internal_user: 'user',
} as const satisfies Record<string, MembershipRole>;
const role = z
  .enum(['admin', 'user', 'org_admin', 'internal_user'], 'must be admin or user')
  .transform((name): MembershipRole => roleNames[name]);

export const member = z.strictObject({ ...whoFields, role: role.default('user') }).refine(oneOf, oneOfHint);
export const members = z.array(member).max(500);
const oneOrMore = z.union([member.transform((one) => [one]), members.min(1)]);

/** Bodies of the member routes of a group; `group` is its id field. */
export function memberBodies<K extends 'team_id' | 'organization_id'>(group: K) {
  const groupField = { [group]: id } as Record<K, typeof id>;
  return {
    add: z.strictObject({ ...groupField, member: oneOrMore }),
    update: z.strictObject({ ...groupField, ...whoFields, role }).refine(oneOf, oneOfHint),
    remove: z.strictObject({ ...groupField, ...whoFields }).refine(oneOf, oneOfHint),
  };
}

export interface Who {
  readonly user_id?: string | null | undefined;
  readonly user_email?: string | null | undefined;
}
export type MemberInput = z.infer<typeof member>;
