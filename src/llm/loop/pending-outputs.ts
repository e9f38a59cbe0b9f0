import { LRUCache } from 'lru-cache';

import type { JsonObject } from '../json.js';
import { outputItem } from './responses-items.js';
import type { ToolRun } from './tool-runner.js';

/**
 * Results of the gateway's calls in a response that also had calls for the client. The provider keeps the response and
 * expects all results with `previous_response_id`, of which the client has only its own. Kept by this replica for an
 * hour; clients that send the whole conversation each time do not need it.
 */
const pending = new LRUCache<string, readonly JsonObject[]>({ max: 1_000, ttl: 3_600_000 });

export function keepPendingOutputs(keyId: string, responseId: string, runs: readonly ToolRun[]): void {
  pending.set(`${keyId} ${responseId}`, runs.map(outputItem));
}

/** Empty when there are none. They stay: a client may go on from the same response twice. */
export function pendingOutputs(keyId: string, responseId: string): readonly JsonObject[] {
  return pending.get(`${keyId} ${responseId}`) ?? [];
}
