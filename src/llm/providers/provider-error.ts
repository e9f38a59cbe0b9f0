import type { ModelDeployment } from '../../config/gateway-config.js';
import { asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import { redact } from './redaction.js';

/** Longest text of a provider that is passed on in an error made by us. */
const maxMessageLength = 2000;

/** `type` of OpenAI's error objects by status (OpenAI API reference, error codes). */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'upstream_error' : 'invalid_request_error';
}

/** An error body in OpenAI's shape, as bytes. */
export function errorBody(status: number, message: string, code: string): Buffer {
  return Buffer.from(JSON.stringify({ error: { message, type: typeOf(status), param: null, code } }));
}

/**
 * A provider's error in OpenAI's shape, without its credentials and address. A body that has the shape already stays
 * as it is unless something must be taken out.
 */
export function providerErrorBody(status: number, body: Buffer, deployment: ModelDeployment): Buffer {
  if (status === 401) {
    // The provider speaks of the key it was given: the gateway's, of which the client must learn nothing.
    return errorBody(
      status,
      "The provider of this model rejected the gateway's credentials.",
      'provider_credentials',
    );
  }
  const text = body.toString();
  const json = tryParse(text);
  if (isJsonObject(json) && isJsonObject(json['error']) && typeof json['error']['message'] === 'string') {
    const clean = redact(text, deployment);
    return clean === text ? body : Buffer.from(clean);
  }
  const message = isJsonObject(json) ? messageOf(json) : undefined;
  if (message === undefined) {
    return errorBody(
      status,
      `The provider of this model answered ${status} without an explanation.`,
      'provider_error',
    );
  }
  return errorBody(status, redact(message, deployment).slice(0, maxMessageLength), 'provider_error');
}

/** The explanation in other shapes that are in use: `{"error": "..."}`, `{"message"}`, `{"detail"}`. */
function messageOf(json: JsonObject): string | undefined {
  return asString(json['error']) ?? asString(json['message']) ?? asString(json['detail']);
}
