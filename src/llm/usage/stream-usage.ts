import type { ModelDeployment } from '../../config/gateway-config.js';
import type { CompletionRequest } from '../completion-request.js';
import { asObject } from '../json.js';
import { profileOf } from '../providers/provider-table.js';

/** Azure understands `stream_options` from this API version on. */
const firstAzureVersion = '2024-09-01';

/** Whether a stream's usage can be asked for without the risk that the provider refuses the request. */
export function canAskForUsage(deployment: ModelDeployment): boolean {
  if (deployment.mockResponse !== null) return true;
  const profile = profileOf(deployment.provider, deployment.apiBase !== null);
  if (profile?.wire === 'azure')
    return deployment.apiVersion === null || deployment.apiVersion >= firstAzureVersion;
  return profile !== null && (profile.wire !== 'openai' || profile.streamUsage === true);
}

export function asksForUsage(request: CompletionRequest): boolean {
  return asObject(request.json['stream_options'])['include_usage'] === true;
}

/**
 * A streamed request whose spend counts: when its deployment has prices and the client did not ask for usage, the
 * gateway asks, and hides the answer from the client again. Without prices the request stays byte for byte.
 */
export function withUsageForSpend(
  request: CompletionRequest,
  deployment: ModelDeployment,
): CompletionRequest {
  const hasPrice = deployment.inputCostPerToken > 0 || deployment.outputCostPerToken > 0;
  const isChunked = request.operation === 'chat' || request.operation === 'completions';
  if (!request.isStream || !isChunked || !hasPrice || asksForUsage(request)) return request;
  return canAskForUsage(deployment) ? withUsage(request) : request;
}

export function withUsage(request: CompletionRequest): CompletionRequest {
  const options = { ...asObject(request.json['stream_options']), include_usage: true };
  return request.with({ stream_options: JSON.stringify(options) });
}
