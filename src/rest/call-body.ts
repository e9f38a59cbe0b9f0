import { isUtf8 } from 'node:buffer';

import { z } from 'zod';

import { GatewayError } from '../core/errors.js';
import { scanObject } from '../core/json-scanner.js';

const callSchema = z.strictObject({
  name: z.string().min(1),
  arguments: z.record(z.string(), z.unknown()).optional(),
  server: z.string().min(1).optional(),
  server_id: z.string().min(1).optional(),
});

/** A tool call as REST clients send it. */
export interface CallBody {
  readonly name: string;
  readonly server: string | null;
  /** JSON text of the arguments exactly as sent; undefined when there are none. */
  readonly argumentsJson: string | undefined;
}

/** Throws INVALID_JSON, or a ZodError that names the field. */
export function parseCallBody(body: Buffer): CallBody {
  const { name, server, server_id } = callSchema.parse(parseJson(body));
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
