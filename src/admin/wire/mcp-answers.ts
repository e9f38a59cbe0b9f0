import { z } from 'zod';

/** What the administrative routes answer, as the description of the API has it: servers, toolsets, trail, usage. */

const time = z.string().meta({ format: 'date-time' });
const info = z.record(z.string(), z.unknown());
const names = z.array(z.string());
const count = z.int().nullable();
const transport = z.enum(['http', 'sse', 'stdio']).nullable();
const status = z.enum(['healthy', 'unhealthy', 'unknown']);
const failure = z.object({ stage: z.string(), message: z.string(), at: time }).nullable();
const bookkeeping = { created_by: z.string().nullable(), updated_by: z.string().nullable() };

const server = z
  .object({
    server_id: z.string(),
    server_name: z.string(),
    alias: z.string(),
    description: z.string().nullable(),
    url: z.string().nullable(),
    transport,
    auth_type: z.string(),
    static_header_names: names,
    extra_headers: names,
    allowed_tools: names.nullable(),
    disallowed_tools: names,
    mcp_access_groups: names,
    mcp_info: info,
    timeout_ms: count,
    idle_timeout_ms: count,
    connect_timeout_ms: count,
    max_concurrent_requests: count,
    session: z.enum(['shared', 'per_session', 'auto']),
    pin: z.boolean(),
    credentials: z.null(),
    static_headers: z.null(),
    command: z.null(),
    args: names,
    env: info,
    teams: names,
    source: z.enum(['file', 'demo', 'database']),
    created_at: time.nullable(),
    updated_at: time.nullable(),
    ...bookkeeping,
    status,
    last_health_check: time.nullable(),
    health_check_error: z.string().nullable(),
  })
  .meta({ id: 'Server' });

const health = z.object({
  server_id: z.string(),
  server_name: z.string(),
  status,
  tools_count: z.int(),
  tools_withheld: z.int(),
  last_health_check: time.nullable(),
  response_time_ms: z.number().nullable(),
  error: z.string().nullable(),
  state: z.string(),
  since: time.nullable(),
  last_failure: failure,
  in_flight: z.int(),
  queued: z.int(),
  transport,
  protocol_version: z.string().nullable(),
  stderr: names.meta({ description: 'What its process wrote last; for administrators.' }),
});

const configuration = z
  .object({
    read_at: time,
    applied: z.boolean().meta({ description: 'false: the configuration before it stays in use.' }),
    problems: names,
    needs_restart: names,
  })
  .nullable()
  .meta({ description: 'How the file was last read while running. For administrators.' });

const tool = z
  .looseObject({
    name: z.string(),
    mcp_info: z.looseObject({ server_name: z.string(), server_id: z.string(), tool_name: z.string() }),
  })
  .meta({ description: 'The definition as its server sent it, and where it comes from.' });

const hidden = { where: z.string(), kind: z.string(), code_points: names, count: z.int() };
const sha256 = z.string().nullable();

export const reviewAnswers = {
  changes: z.object({
    server_id: z.string(),
    server_name: z.string(),
    pin: z.boolean(),
    changes: z.array(
      z.object({
        tool: z.string(),
        change: z.enum(['new', 'changed', 'removed']),
        withheld: z.boolean(),
        sha256,
        previous_sha256: sha256,
        first_seen_at: time.nullable(),
        last_seen_at: time.nullable(),
        fields: names.nullable(),
        hidden_characters: z.array(z.object(hidden)),
        diff: z.string().nullable().meta({ description: 'As diff -u says it, definitions as YAML.' }),
      }),
    ),
    hidden_characters: z.array(z.object({ tool: z.string(), ...hidden })),
  }),
  approved: z.object({
    server_id: z.string(),
    server_name: z.string(),
    approved: z.array(z.object({ name: z.string(), sha256: z.string() })),
    withheld: names,
  }),
};

export const serverAnswers = {
  server,
  list: z.array(server),
  health: z.object({
    total_servers: z.int(),
    healthy_count: z.int(),
    unhealthy_count: z.int(),
    unknown_count: z.int(),
    servers: z.record(z.string(), health),
    configuration: configuration.optional(),
  }),
  tools: z.object({
    tools: z.array(tool),
    rejected: z
      .array(z.looseObject({ server_name: z.string(), reason: z.string() }))
      .optional()
      .meta({ description: 'What was left out of the catalogs, and why. For administrators.' }),
    flagged: z
      .array(z.object({ server_name: z.string(), name: z.string(), ...hidden }))
      .optional()
      .meta({ description: 'Definitions with characters that nobody sees. For administrators.' }),
  }),
};

const toolset = z
  .object({
    toolset_id: z.string(),
    toolset_name: z.string(),
    description: z.string().nullable(),
    tools: z.array(z.object({ server_id: z.string(), tool_name: z.string() })),
    created_at: time,
    updated_at: time,
    ...bookkeeping,
  })
  .meta({ id: 'Toolset' });

export const toolsetAnswers = { toolset, list: z.array(toolset) };
export const accessGroupsAnswer = z.object({ access_groups: names });

const decision = z.object({ level: z.string(), id: z.string(), rule: z.string(), allowed: z.boolean() });

export const explainAnswer = z.object({
  allowed: z.boolean(),
  key_id: z.string(),
  server: z.string().nullable(),
  tool: z.string().nullable(),
  decided_by: decision,
  levels: z.array(decision),
  upstream: z
    .object({
      name: z.string(),
      state: z.string(),
      since: time,
      tool_count: z.int(),
      last_failure: failure,
    })
    .nullable(),
});

const id = z.string().nullable();
const change = z.unknown().optional();

export const auditAnswer = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      time,
      request_id: z.string(),
      key_id: id,
      user_id: id,
      team_id: id,
      organization_id: id,
      session_id: id,
      method: z.string(),
      tool: id,
      upstream: id,
      decision: z.enum(['allowed', 'denied']),
      outcome: z.string(),
      error_code: id,
      duration_ms: z.number(),
      upstream_duration_ms: z.number().nullable(),
      request_bytes: z.int(),
      response_bytes: z.int(),
      arguments: change,
      target: z.object({ type: z.string(), id: z.string() }).optional(),
      before: change,
      after: change,
    }),
  ),
  next_cursor: z.string().nullable(),
});

const amounts = z.looseObject({
  calls: z.int(),
  failed_calls: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  cost: z.number().meta({ description: 'US dollars.' }),
});

export const usageAnswer = z.object({
  data: z.array(amounts).meta({ description: 'With the fields of group_by.' }),
  total: amounts,
  page: z.int(),
  size: z.int(),
});
