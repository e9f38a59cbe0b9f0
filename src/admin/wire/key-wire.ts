import { z } from 'zod';

import {
  isRoutePattern,
  keyTypes,
  routeGroupNames,
  routesOfKeyType,
  type KeyType,
} from '../../auth/allowed-routes.js';
import { addDuration, parseDuration } from '../../core/duration.js';
import { chosenKeyProblem } from '../../core/virtual-key.js';
import type { Patch } from '../../directory/level.js';
import { keyAliasProblem } from '../../directory/virtual-key.service.js';
import type { VirtualKey, VirtualKeyFields } from '../../directory/virtual-key.js';
import { duration, flag, id, label, levelFields, lookup, paging, plainData } from './fields.js';
import { levelPatch, levelRow } from './level-wire.js';
import { missing } from './request-schema.pipe.js';

const forever = '-1';

const keyAlias = label().superRefine((alias, context) => {
  const message = keyAliasProblem(alias);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const chosenKey = z.string().superRefine((key, context) => {
  const problem = chosenKeyProblem(key);
  if (problem !== null) context.addIssue({ code: 'custom', message: `is not fit as a key. ${problem}` });
});

const route = z
  .string()
  .max(256)
  .refine(
    isRoutePattern,
    `must be a path such as /v1/models or /key/*, or one of ${routeGroupNames.join(', ')}`,
  );

const keyFields = {
  ...levelFields,
  key_alias: keyAlias.nullish(),
  /** `-1` is LiteLLM's word for "never", as null is. */
  duration: z.union([z.literal(forever), duration]).nullish(),
  aliases: plainData.nullish(),
  user_id: id.nullish(),
  team_id: id.nullish(),
  organization_id: id.nullish(),
  allowed_routes: z.array(route).max(100).nullish(),
  key_type: z.enum(keyTypes as [KeyType, ...KeyType[]]).nullish(),
};

const oneSourceOfRoutes = (input: {
  key_type?: KeyType | null | undefined;
  allowed_routes?: unknown;
}): boolean =>
  input.allowed_routes === undefined ||
  input.allowed_routes === null ||
  routesOfKeyType[input.key_type ?? 'default'] === null;
const routesHint = {
  path: ['allowed_routes'],
  message: 'cannot be combined with a key_type other than default',
};

export const generateKeyBody = z
  .strictObject({ ...keyFields, key: chosenKey.nullish() })
  .refine(oneSourceOfRoutes, routesHint);
export const updateKeyBody = z
  .strictObject({ ...keyFields, key: lookup })
  .refine(oneSourceOfRoutes, routesHint);
export const keyBody = z.strictObject({ key: lookup });
export const deleteKeysBody = z
  .strictObject({
    keys: z.array(lookup).max(1_000).nullish(),
    key_aliases: z.array(lookup).max(1_000).nullish(),
  })
  .refine(
    ({ keys, key_aliases }) => (keys?.length ?? 0) + (key_aliases?.length ?? 0) > 0,
    missing("at least one of 'keys' or 'key_aliases' must be provided"),
  );
export const regenerateKeyBody = z
  .strictObject({
    ...keyFields,
    key: lookup.nullish(),
    new_key: chosenKey.nullish(),
    grace_period: duration.nullish(),
  })
  .refine(oneSourceOfRoutes, routesHint);
export const keyInfoQuery = z.strictObject({ key: lookup.optional() });
const keyOrders = ['created_at', 'updated_at', 'key_alias', 'expires', 'spend', 'max_budget'] as const;
export const keyListQuery = z.strictObject({
  ...paging,
  sort_by: z.enum(keyOrders, `must be one of ${keyOrders.join(', ')}`).default('created_at'),
  sort_order: z.enum(['asc', 'desc'], 'must be asc or desc').default('desc'),
  user_id: lookup.optional(),
  team_id: lookup.optional(),
  organization_id: lookup.optional(),
  key_alias: lookup.optional(),
  key_hash: lookup.optional(),
  return_full_object: flag.default(false),
  /** With `user_id`: also the keys of the teams that user administers. */
  include_team_keys: flag.default(false),
  /** With `user_id`: also the keys that user created. */
  include_created_by_keys: flag.default(false),
});

export type KeyInput = z.infer<z.ZodObject<typeof keyFields>>;
export type GenerateKeyBody = z.infer<typeof generateKeyBody>;
export type UpdateKeyBody = z.infer<typeof updateKeyBody>;
export type RegenerateKeyBody = z.infer<typeof regenerateKeyBody>;
export type DeleteKeysBody = z.infer<typeof deleteKeysBody>;
export type KeyListQuery = z.infer<typeof keyListQuery>;

/** What a request changes on a key, but for whose it is. Durations count from `nowMs`. */
export function keyPatch(
  input: KeyInput,
  current: VirtualKey | null,
  nowMs: number,
): Patch<VirtualKeyFields> {
  return {
    ...levelPatch(input, current),
    alias: input.key_alias,
    expiresAt: expiry(input.duration, nowMs),
    ...routes(input),
  };
}

function expiry(text: string | null | undefined, nowMs: number): Date | null | undefined {
  if (text === undefined) return undefined;
  const parsed = text === null || text === forever ? null : parseDuration(text);
  return parsed === null ? null : new Date(addDuration(nowMs, parsed));
}

/** `key_type` is a name for a list of routes; a list of one's own makes it a `default` key. */
function routes({ key_type, allowed_routes }: KeyInput): Patch<VirtualKeyFields> {
  if (key_type === undefined || key_type === null) {
    return allowed_routes === undefined ? {} : { type: 'default', allowedRoutes: allowed_routes ?? [] };
  }
  return { type: key_type, allowedRoutes: routesOfKeyType[key_type] ?? allowed_routes ?? [] };
}

/** A key as answers have it. The secret is in none of them. */
export const keyRow = (key: VirtualKey) => ({
  ...auditedKey(key),
  token: key.id,
  token_id: key.id,
  ...unusedFields,
});

/** LiteLLM's clients look for these; there is nothing of the kind here. */
const unusedFields = { config: {}, permissions: {}, litellm_budget_table: null } as const;

/** A key as the audit trail has it. */
export function auditedKey(key: VirtualKey) {
  return {
    key_id: key.id,
    key_name: key.name,
    key_alias: key.alias,
    key_type: key.type,
    allowed_routes: key.allowedRoutes,
    user_id: key.userId,
    team_id: key.teamId,
    organization_id: key.effectiveOrganizationId,
    expires: key.expiresAt?.toISOString() ?? null,
    aliases: key.aliases,
    ...levelRow(key),
  };
}
