import { z } from 'zod';

import {
  choice,
  flag,
  freeForm,
  integer,
  maxTimerMs,
  number,
  secret,
  text,
  textMap,
  texts,
} from './fields.js';

/** One entry of `mcp_servers`, key by key; what belongs together is checked in upstreams.ts. */
export const serverSchema = z.strictObject({
  url: text('Address of a remote MCP server, http or https. May hold a credential, so it is never printed.'),
  transport: text('http, sse or stdio; left out: stdio with a command, else found out when connecting.'),
  command: text('Program of a stdio server; started without a shell.'),
  args: texts('Arguments of the command, one per item.'),
  env: textMap('Variables of the stdio process, besides PATH, HOME, LANG, TZ and TMPDIR.'),
  cwd: text('Working folder of the stdio process.'),
  auth_type: text('none, bearer_token, api_key, basic, authorization or token.'),
  auth_value: secret('The credential that auth_type sends.'),
  authentication_token: secret("LiteLLM's older name of auth_value."),
  static_headers: textMap('Headers sent with every request to this server.'),
  extra_headers: texts("Names of the client's request headers that are copied to this server."),
  allowed_tools: texts('Only these tools, wildcards allowed.'),
  disallowed_tools: texts('Never these tools, wildcards allowed; beats allowed_tools.'),
  access_groups: texts('Groups that keys may be granted instead of single servers.'),
  mcp_access_groups: texts("LiteLLM's name of access_groups for stored servers."),
  alias: text('Name that clients see instead of the key of this entry.'),
  server_name: text('Name of the server where mcp_servers is a list.'),
  description: text('What the server is for.'),
  mcp_info: freeForm('Free-form facts, repeated in REST lists.'),
  timeout_ms: integer('Longest time for one call, in milliseconds.', { min: 1, max: maxTimerMs }),
  timeout: number("LiteLLM's name of timeout_ms, in seconds.", { min: 0.001, max: maxTimerMs / 1000 }),
  idle_timeout_ms: integer(
    'Longest time of a call without progress, in milliseconds; progress never extends timeout_ms.',
    { min: 1, max: maxTimerMs },
  ),
  connect_timeout_ms: integer('Time for connecting to this server, its initialize included.', {
    min: 1,
    max: maxTimerMs,
  }),
  max_concurrent_requests: integer('Calls in flight to this server.', { min: 1, max: 100_000 }),
  session: choice(
    ['shared', 'per_session', 'auto'],
    'One connection for all clients, one for each, or one for each client that offers sampling, elicitation or roots.',
  ),
  pin: flag('Withhold changed or new tools until an administrator approves them.'),
});

export type ServerSettings = z.infer<typeof serverSchema>;
