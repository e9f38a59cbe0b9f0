import { z } from 'zod';

import { integer, number, optional, secret, text } from './fields.js';

/** LiteLLM writes fallbacks as a list of one-entry maps; a map is taken as well. */
const fallbackList = optional(
  z.preprocess(
    (value) => (Array.isArray(value) ? value : value === undefined || value === null ? value : [value]),
    z.array(z.record(z.string(), z.array(z.string()))).nullish(),
  ),
);

/** What of `litellm_settings` has an effect. */
export const litellmSchema = z.strictObject({
  mcp_aliases: optional(
    z.record(z.string(), z.string()).describe('Alias to name of a server in mcp_servers.'),
  ),
  fallbacks: fallbackList,
  num_retries: integer('Repeats for models that do not say max_retries.', { max: 100 }),
  request_timeout: number('Seconds for models that do not say timeout.', { min: 0.001, max: 86_400 }),
});

/** What of `router_settings` has an effect. */
export const routerSchema = z.strictObject({
  fallbacks: fallbackList,
  num_retries: integer('As in litellm_settings; wins over it.', { max: 100 }),
  timeout: number('As request_timeout in litellm_settings; wins over it.', { min: 0.001, max: 86_400 }),
  allowed_fails: integer('Failures in a minute after which a model entry rests.', { max: 1_000_000 }),
  cooldown_time: number('Seconds that a failing model entry rests.', { max: 86_400 }),
  redis_url: secret('As in general_settings.'),
  redis_host: text('Host of Redis, when redis_url is not given.'),
  redis_port: integer('Port of Redis.', { min: 1, max: 65_535 }),
  redis_password: secret('Password of Redis.'),
});
