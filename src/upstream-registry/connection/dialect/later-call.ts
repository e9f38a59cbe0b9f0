import { GatewayError } from '../../../core/errors.js';
import type { RpcOutcome } from '../../../core/rpc.js';
import type { UpstreamCall } from '../../upstream.js';

/** A call that is made once something else is done; what comes before may also be the end of it. */
export class LaterCall implements UpstreamCall {
  readonly outcome: Promise<RpcOutcome>;
  readonly #stop = new AbortController();
  #call: UpstreamCall | null = null;

  constructor(prepare: (signal: AbortSignal) => Promise<UpstreamCall | RpcOutcome>) {
    this.outcome = this.#run(prepare);
  }

  cancel(reason: string): void {
    this.#stop.abort();
    this.#call?.cancel(reason);
  }

  async #run(prepare: (signal: AbortSignal) => Promise<UpstreamCall | RpcOutcome>): Promise<RpcOutcome> {
    const { signal } = this.#stop;
    try {
      const next = await prepare(signal);
      if (!('outcome' in next)) return next;
      this.#call = next;
    } catch (error) {
      throw signal.aborted ? new GatewayError('CANCELLED') : error;
    }
    if (signal.aborted) this.#call.cancel('Not waited for any more');
    return this.#call.outcome;
  }
}
