import { z } from 'zod';

import { optional, section } from './fields.js';
import { auditSchema, generalSchema } from './general.schema.js';
import { litellmSchema, routerSchema } from './litellm.schema.js';
import { modelSchema } from './model.schema.js';
import { serverSchema } from './server.schema.js';

/** The whole file. Objects are strict so that unknown keys are noticed; the caller turns those into warnings. */
export const configFileSchema = z.strictObject({
  mcp_servers: optional(z.record(z.string(), serverSchema.nullable()).describe('MCP servers by name.')),
  model_list: optional(z.array(optional(modelSchema)).describe('Models by the name that clients ask for.')),
  general_settings: section(generalSchema),
  litellm_settings: section(litellmSchema),
  router_settings: section(routerSchema),
  audit: section(auditSchema),
  environment_variables: optional(
    z.record(z.string(), z.unknown()).describe('Variables for references in this file.'),
  ),
});

export type ConfigFile = z.infer<typeof configFileSchema>;
