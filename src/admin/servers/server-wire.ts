import { z } from 'zod';

import { storedAuthTypes } from '../../upstream-registry/stored/stored-server.js';
import { isReservedHeader } from '../../upstream-registry/transports/http/request-headers.js';
import { id, label, lookup, names, plainData } from '../wire/fields.js';
import { missing } from '../wire/request-schema.pipe.js';

const maxUrl = 4_096;
const maxSecret = 16_384;
const maxHeaders = 64;
/** Node's timers overflow beyond this. */
const maxTimerMs = 2 ** 31 - 1;

const serverName = label(64);

const fromFileOnly = 'is for stdio servers, which only the configuration file can name';
/** LiteLLM's clients send these empty. */
const empty = z.custom<unknown>(isEmpty, fromFileOnly).optional();

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

const transport = z.enum(
  ['http', 'sse'],
  'must be http or sse; leave it out to have it found out. stdio servers come only from the configuration file',
);

/** RFC 9110 section 5.6.2. */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'must name a header: no spaces, colons or line breaks')
  .refine((name) => !isReservedHeader(name), 'must not name a header that the gateway sets itself');

const headerNames = z
  .array(headerName)
  .max(maxHeaders)
  .transform((list) => [...new Set(list.map((name) => name.toLowerCase()))]);

const staticHeaders = z
  .record(z.string(), z.string('must be text').max(maxSecret))
  .superRefine((headers, context) => {
    const seen = new Set<string>();
    for (const name of Object.keys(headers)) {
      const issue = headerName.safeParse(name).error?.issues[0];
      const problem = issue?.message ?? (seen.has(name.toLowerCase()) ? 'is there twice' : undefined);
      seen.add(name.toLowerCase());
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
    }
  })
  .refine((headers) => Object.keys(headers).length <= maxHeaders, `must have at most ${maxHeaders} members`);

const wholeNumber = (max: number) =>
  z.int('must be a whole number').min(1, 'must be at least 1').max(max, `must be at most ${max}`);

const credentials = z.strictObject({
  auth_value: z.string('must be text').min(1, 'must not be empty').max(maxSecret).nullish(),
});

const fields = {
  alias: serverName.nullish(),
  description: label(2_000).nullish(),
  transport: transport.nullish(),
  auth_type: z.enum(storedAuthTypes, `must be one of ${storedAuthTypes.join(', ')}`).nullish(),
  credentials: credentials.nullish(),
  static_headers: staticHeaders.nullish(),
  extra_headers: headerNames.nullish(),
  allowed_tools: names(128).nullish(),
  disallowed_tools: names(128).nullish(),
  mcp_access_groups: names(128).nullish(),
  mcp_info: plainData.nullish(),
  timeout_ms: wholeNumber(maxTimerMs).nullish(),
  idle_timeout_ms: wholeNumber(maxTimerMs).nullish(),
  connect_timeout_ms: wholeNumber(maxTimerMs).nullish(),
  max_concurrent_requests: wholeNumber(100_000).nullish(),
  session: z.enum(['shared', 'per_session', 'auto'], 'must be shared, per_session or auto').nullish(),
  pin: z.boolean('must be true or false').nullish(),
  command: empty,
  args: empty,
  env: empty,
};

const url = z.string('must be text').min(1, 'must not be empty').max(maxUrl);

export const newServerBody = z
  // In this order: a stdio server is refused for being one, not for having no url.
  .strictObject({ server_id: id.nullish(), server_name: serverName.nullish(), ...fields, url })
  .refine(
    ({ server_name, alias }) => (server_name ?? alias ?? null) !== null,
    missing('server_name is missing'),
  );
export type NewServerBody = z.infer<typeof newServerBody>;

/** Only the fields that are sent change; null takes one back to its default. */
export const updateServerBody = z.strictObject({
  server_id: lookup,
  server_name: serverName.optional(),
  url: url.optional(),
  ...fields,
});
export type UpdateServerBody = z.infer<typeof updateServerBody>;
