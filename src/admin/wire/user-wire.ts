import { z } from 'zod';

import { roles } from '../../core/principal.js';
import type { Patch } from '../../directory/level.js';
import type { MembershipsOfUser } from '../../directory/membership.js';
import type { User, UserFields } from '../../directory/user.js';
import { duration, id, idsOf, label, levelFields, lookup, pageSize, paging, plainData } from './fields.js';
import { levelPatch, levelRow } from './level-wire.js';
import { email } from './member-wire.js';

const userFields = {
  ...levelFields,
  user_email: email.nullish(),
  user_alias: label().nullish(),
  user_role: z.enum(roles, `must be one of ${roles.join(', ')}`).nullish(),
  aliases: plainData.nullish(),
};

export const newUserBody = z.strictObject({
  ...userFields,
  user_id: id.nullish(),
  teams: z.array(id).max(100).nullish(),
  organizations: z.array(id).max(100).nullish(),
  auto_create_key: z.boolean('must be true or false').default(true),
  /** Of the key that is created with the user. */
  key_alias: label().nullish(),
  duration: duration.nullish(),
});
export const updateUserBody = z.strictObject({ ...userFields, user_id: id });
export const deleteUsersBody = z.strictObject({
  user_ids: idsOf('user'),
});
export const userInfoQuery = z.strictObject({ user_id: lookup.optional() });
export const userListQuery = z.strictObject({
  ...paging,
  /** LiteLLM's name of `size` in this list. */
  page_size: pageSize.optional(),
  role: z.enum(roles, `must be one of ${roles.join(', ')}`).optional(),
  user_ids: lookup.optional(),
  user_email: lookup.optional(),
  team: lookup.optional(),
  organization_id: lookup.optional(),
});

export type UserInput = z.infer<z.ZodObject<typeof userFields>>;
export type NewUserBody = z.infer<typeof newUserBody>;
export type UpdateUserBody = z.infer<typeof updateUserBody>;
export type UserListQuery = z.infer<typeof userListQuery>;

export function userPatch(input: UserInput, current: User | null): Patch<UserFields> {
  return {
    ...levelPatch(input, current),
    email: input.user_email,
    alias: input.user_alias,
    role: input.user_role ?? undefined,
  };
}

export function userRow(user: User) {
  return {
    user_id: user.id,
    user_email: user.email,
    user_alias: user.alias,
    user_role: user.role,
    aliases: user.aliases,
    ...levelRow(user),
  };
}

/** Groups of a user, those the reader may know of. */
export const groupRows = (groups: MembershipsOfUser['teams'], isVisible: (id: string) => boolean) =>
  [...groups].filter(([groupId]) => isVisible(groupId)).map(([groupId, role]) => ({ id: groupId, role }));
