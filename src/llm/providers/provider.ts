import type { ModelDeployment } from '../../config/gateway-config.js';
import type { Cancellation } from '../cancellation.js';
import type { CompletionRequest } from '../completion-request.js';

export type Operation = 'chat' | 'completions' | 'embeddings' | 'responses';

/** One try of one deployment. */
export interface ProviderCall {
  readonly operation: Operation;
  readonly deployment: ModelDeployment;
  /** The provider's own name of the model, wildcards filled in. */
  readonly model: string;
  readonly request: CompletionRequest;
  /** Its reason is CANCELLED or UPSTREAM_TIMEOUT. */
  readonly cancellation: Cancellation;
}

/**
 * What a provider answers, on OpenAI's wire whatever the provider speaks itself: a JSON body, or server-sent events.
 * Whoever gets it reads `body` to its end or calls `discard`.
 */
export interface ProviderAnswer {
  readonly status: number;
  /** Exactly as sent; empty when the provider sent none. */
  readonly contentType: string;
  /** Whole seconds to wait, when the provider said so. */
  readonly retryAfterSeconds: number | null;
  /** Rejects with a GatewayError: UPSTREAM_UNAVAILABLE when it is cut, or the reason of the cancellation. */
  readonly body: AsyncIterable<Buffer>;
  discard(): void;
}

/** A way to reach models. */
export interface Provider {
  /** Rejects with a GatewayError when there is no answer: UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT, CANCELLED, INVALID_REQUEST. */
  send(call: ProviderCall): Promise<ProviderAnswer>;
}
