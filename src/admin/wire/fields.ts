import { z } from 'zod';

import { parseDuration } from '../../core/duration.js';
import { missing } from './request-schema.pipe.js';

/** Columns of this kind are 32-bit integers. */
const maxCount = 2_147_483_647;
const maxListItems = 1_000;
const maxMetadataBytes = 64 * 1024;

/** Control characters, line and paragraph separators, bidirectional overrides and lone surrogates. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Text that people read: one printable line, without blanks around it. */
export const label = (maxLength = 256) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must be at most ${maxLength} characters long`)
    .refine((text) => !unprintable.test(text), 'must not contain control characters')
    .refine((text) => text.trim() === text, 'must not begin or end with blanks');

/** An id that a caller chose or names: printable ASCII without blanks. */
export const id = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without blanks');

/** Ids of what a request is to end: at least one, so that nothing is ever ended for want of a name. */
export const idsOf = (noun: string) =>
  z
    .array(id)
    .max(maxListItems, `must have at most ${maxListItems} items`)
    .refine((ids) => ids.length > 0, missing(`must name at least one ${noun}`));

/** How a stored thing is named in a lookup: what cannot exist is merely not found. */
export const lookup = z.string().min(1, 'must not be empty').max(512, 'must be at most 512 characters long');

export const names = (maxLength = 256) =>
  z.array(label(maxLength)).max(maxListItems, `must have at most ${maxListItems} items`);

export const count = z.int('must be a whole number').min(0, 'must not be negative').max(maxCount);
export const dollars = z.number('must be a number').min(0, 'must not be negative').max(1e12);

const durationHint = 'must be a duration such as 30s, 30m, 30h, 30d, 1w or 1mo';
export const duration = z.string(durationHint).refine((text) => parseDuration(text) !== null, durationHint);

/** Plain data of the caller's own, kept and returned, never acted upon. */
export const plainData = z
  .record(z.string(), z.json().meta({ id: 'Json' }))
  .refine(
    (data) => JSON.stringify(data).length <= maxMetadataBytes,
    `must be at most ${maxMetadataBytes} bytes of JSON`,
  );

const serverName = label(128);
const toolPatterns = z.array(label(128)).max(maxListItems);
const maxServers = 1_000;

/** LiteLLM's `object_permission`. Where it is updated, members left out stay and null takes a member away. */
export const objectPermission = z.strictObject({
  mcp_servers: names(128).nullish(),
  mcp_access_groups: names(128).nullish(),
  mcp_toolsets: names(128).nullish(),
  mcp_tool_permissions: z
    .record(serverName, toolPatterns)
    .refine((servers) => Object.keys(servers).length <= maxServers, `must name at most ${maxServers} servers`)
    .nullish(),
  mcp_denied_tools: names(300).nullish(),
});
export type ObjectPermissionInput = z.infer<typeof objectPermission>;

/** What organization, team, user and key have in common, in LiteLLM's names. */
export const levelFields = {
  models: names().nullish(),
  object_permission: objectPermission.nullish(),
  rpm_limit: count.nullish(),
  tpm_limit: count.nullish(),
  max_parallel_requests: count.nullish(),
  mcp_rpm_limit: z.record(serverName, count).nullish(),
  mcp_calls_per_day: count.nullish(),
  max_budget: dollars.nullish(),
  budget_duration: duration.nullish(),
  metadata: plainData.nullish(),
  tags: names(128).nullish(),
  blocked: z.boolean('must be true or false').nullish(),
};

/** Query parameters of paged lists. */
const wholeNumber = (hint: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, hint)
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, hint);

export const pageSize = wholeNumber('must be a whole number from 1 to 100', 100);

export const paging = {
  page: wholeNumber('must be a whole number from 1 on', 1_000_000).default(1),
  size: pageSize.default(10),
};

/** For lists that LiteLLM answers as a plain array: as much as there may be in a page. */
export const arrayPaging = {
  ...paging,
  size: pageSize.default(100),
};

export const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
