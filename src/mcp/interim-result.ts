import { neededFeature, type ClientFeatures } from '../core/client-features.js';
import { GatewayError } from '../core/errors.js';
import { scanObject } from '../core/json-object.js';
import { spliceMembers } from '../core/json-scanner.js';
import { missingFeature } from '../core/missing-feature.js';
import type { JsonBytes, RpcErrorObject } from '../core/rpc.js';
import { isObject } from './rpc-message.js';

/** 2025-11-25: the request is to be made again once these addresses were visited (MCP elicitation, URL mode). */
const urlElicitationRequired = -32042;

/**
 * An upstream's `input_required` made fit for a client of the same era: with a state that is ours. Throws
 * MISSING_CLIENT_CAPABILITY for a question that the client did not offer to answer.
 *
 * @param seal the upstream's state to the one that the client gets
 */
export function passInterim(
  result: JsonBytes,
  features: ClientFeatures,
  seal: (state: string) => string,
): JsonBytes {
  const bytes = Buffer.concat(result.chunks);
  const { inputRequests, requestState } = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
  for (const question of Object.values(isObject(inputRequests) ? inputRequests : {})) {
    const { method, params } = isObject(question) ? question : {};
    const feature = typeof method === 'string' ? neededFeature(method, params) : null;
    if (feature === null) throw new GatewayError('UPSTREAM_INVALID_RESPONSE');
    if (!features[feature]) throw missingFeature(feature, String(method), null);
  }
  if (requestState === undefined) return result;
  if (typeof requestState !== 'string') throw new GatewayError('UPSTREAM_INVALID_RESPONSE');
  const changes = { requestState: JSON.stringify(seal(requestState)) };
  const passed = Buffer.from(spliceMembers(bytes, scanObject(bytes), changes));
  return { chunks: [passed], byteLength: passed.length };
}

/**
 * The error by which an upstream of 2025-11-25 sends a user to some addresses, as the questions of today's
 * `input_required`; null for every other error.
 */
export function urlQuestions({ code, data }: RpcErrorObject): Readonly<Record<string, unknown>> | null {
  if (code !== urlElicitationRequired || !isObject(data) || !Array.isArray(data['elicitations'])) return null;
  const questions = data['elicitations'].filter(isObject).map(({ message, url }, index) => {
    return [`url-${index + 1}`, { method: 'elicitation/create', params: { mode: 'url', message, url } }];
  });
  return questions.length === 0 ? null : (Object.fromEntries(questions) as Record<string, unknown>);
}
