import { isUtf8 } from 'node:buffer';

import { z } from 'zod';

import { GatewayError } from '../core/errors.js';
import { scanObject } from '../core/json-scanner.js';

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
  const { name, server, server_id } = callBody.parse(parseJson(body));
  const range = scanObject(body).get('arguments');
  return {
    name,
    server: server ?? server_id ?? null,
    argumentsJson: range === undefined ? undefined : body.toString('utf8', range.start, range.end),
  };
}

function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new GatewayError('INVALID_JSON', { message: 'The body is not valid UTF-8.' });
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new GatewayError('INVALID_JSON', {}, { cause });
  }
}
