import { z } from 'zod';

import { isValidToolName } from '../../core/tool-name.js';
import type { Toolset } from '../../permissions/toolset.js';
import { label, lookup } from './fields.js';

const maxTools = 1_000;

const tools = z
  .array(
    z.strictObject({
      server_id: label(128),
      tool_name: z.string().refine(isValidToolName, 'must be the name of a tool, without a wildcard'),
    }),
  )
  .max(maxTools, `must have at most ${maxTools} items`);

/** Toolsets stand in paths beside servers, and look alike. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 of the characters A-Z a-z 0-9 _ . -');
const description = label(1_024).nullish();

export const newToolsetBody = z.strictObject({ toolset_name: name, description, tools: tools.default([]) });
export const updateToolsetBody = z.strictObject({
  toolset_id: lookup,
  toolset_name: name.optional(),
  description,
  tools: tools.optional(),
});

export type NewToolsetBody = z.infer<typeof newToolsetBody>;
export type UpdateToolsetBody = z.infer<typeof updateToolsetBody>;

export const toolsetRow = (toolset: Toolset) => ({
  toolset_id: toolset.id,
  toolset_name: toolset.name,
  description: toolset.description,
  tools: toolset.tools.map(({ server, tool }) => ({ server_id: server, tool_name: tool })),
  created_at: toolset.createdAt.toISOString(),
  updated_at: toolset.updatedAt.toISOString(),
  created_by: toolset.createdBy,
  updated_by: toolset.updatedBy,
});
