import { z } from 'zod';

import { textMembers } from '../core/json-text.js';
import { parseJson } from '../http/parse-json.js';

const name = z.string('must be a string').min(1, 'must not be empty');
const server = name.optional();

/** Body of a tool call. */
export const callBody = z.strictObject(
  {
    name: name.meta({
      description: 'The tool, by its qualified name, or by its own where that is unambiguous.',
    }),
    arguments: z.record(z.string(), z.unknown(), 'must be an object').optional(),
    server: server.meta({ description: 'Id or name of the server to call it on.' }),
    server_id: server.meta({ description: "LiteLLM's name of server." }),
  },
  'must be a JSON object',
);

/** A tool call as REST clients send it. */
export interface CallBody {
  readonly name: string;
  readonly server: string | null;
  /** JSON text of the arguments exactly as sent; undefined when there are none. */
  readonly argumentsJson: string | undefined;
}

/** Throws INVALID_JSON, or a ZodError that names the field. */
export function parseCallBody(body: Buffer): CallBody {
  const { text, value } = parseJson(body);
  const { name, server, server_id } = callBody.parse(value);
  const range = textMembers(text).get('arguments');
  return {
    name,
    server: server ?? server_id ?? null,
    argumentsJson: range === undefined ? undefined : text.slice(range.start, range.end),
  };
}
