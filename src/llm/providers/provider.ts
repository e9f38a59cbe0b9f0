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
 * The body of an answer, to be read once: piece by piece, or whole. Both reject with a GatewayError: UPSTREAM_UNAVAILABLE
 * when it is cut, or the reason of the cancellation.
 */
export interface ProviderBody extends AsyncIterable<Buffer> {
  /** Rejects with UPSTREAM_RESPONSE_TOO_LARGE, and lets go of the provider, beyond `maxBytes`. */
  whole(maxBytes: number): Promise<Buffer>;
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
  readonly body: ProviderBody;
  discard(): void;
}

/** A way to reach models. */
export interface Provider {
  /** Rejects with a GatewayError when there is no answer: UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT, CANCELLED, INVALID_REQUEST. */
  send(call: ProviderCall): Promise<ProviderAnswer>;
}
