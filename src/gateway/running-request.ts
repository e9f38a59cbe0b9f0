import { GatewayError } from '../core/errors.js';
import type { AccessTarget } from '../core/permission.js';
import type { Principal } from '../core/principal.js';
import type { RpcOutcome } from '../core/rpc.js';
import type { UpstreamCall } from '../upstream-registry/upstream.js';
import type { InFlightCall } from './in-flight-calls.js';

/** A request under way that is no tool call. */
export class RunningRequest implements UpstreamCall, InFlightCall {
  readonly outcome: Promise<RpcOutcome>;
  place = -1;
  #revokedBy: GatewayError | undefined;

  constructor(
    public principal: Principal,
    readonly target: AccessTarget,
    private readonly sent: UpstreamCall,
    onEnd: (request: RunningRequest) => void,
  ) {
    this.outcome = sent.outcome
      .catch((fault: unknown) => {
        const isCancelled = fault instanceof GatewayError && fault.code === 'CANCELLED';
        throw isCancelled ? (this.#revokedBy ?? fault) : fault;
      })
      .finally(() => onEnd(this));
  }

  cancel(reason: string): void {
    this.sent.cancel(reason);
  }

  revoke(error: GatewayError): void {
    this.#revokedBy ??= error;
    this.cancel('its key may not make this request any more');
  }
}
