import { z } from 'zod';

/** OpenAI's bodies as far as the gateway reads them, for the description of the API. All else passes through. */

const model = z.string().meta({ description: 'A name of GET /v1/models.' });
const stream = z.boolean().optional();
const message = z.looseObject({ role: z.string() });

export const chatBody = z.looseObject({
  model,
  messages: z.array(message).min(1),
  stream,
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .optional()
    .meta({ description: 'Functions, and {"type":"mcp","server_url":"litellm_proxy",...}.' }),
});
export const embeddingsBody = z.looseObject({ model, input: z.unknown() });
export const completionsBody = z.looseObject({ model, prompt: z.unknown().optional(), stream });
export const responsesBody = z.looseObject({ model, input: z.unknown().optional(), stream });

export const openAiAnswer = z.looseObject({ object: z.string(), model: z.string() }).meta({
  description: "OpenAI's answer; with stream: true its server-sent events, ending in data: [DONE].",
});

export const modelAnswer = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});
export const modelsAnswer = z.object({ object: z.literal('list'), data: z.array(modelAnswer) });
