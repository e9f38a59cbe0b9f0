import { z } from 'zod';

/** What the routes for tools answer, as the description of the API has it. */

const tool = z.looseObject({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.record(z.string(), z.unknown()),
  mcp_info: z.looseObject({ server_name: z.string(), server_id: z.string(), tool_name: z.string() }),
});

export const toolListAnswer = z.object({ tools: z.array(tool) });

export const plainToolListAnswer = z.object({
  tools: z.array(tool),
  error: z.string().nullable(),
  message: z.string(),
});

/** CallToolResult of MCP, which passes through as its server sent it. */
export const callAnswer = z.looseObject({
  content: z.array(z.looseObject({ type: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});

export const readinessAnswer = z.object({ status: z.string(), db: z.string() });
export const enabledAnswer = z.object({ enabled: z.literal(true) });
export const aliveAnswer = z.literal("I'm alive!");
