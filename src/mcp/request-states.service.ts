import { Injectable } from '@nestjs/common';

import { namingParameter } from '../core/envelope.js';
import type { Principal } from '../core/principal.js';
import type { ModernExchange } from './modern-exchange.js';
import { ParkedCalls } from './parked-calls.service.js';
import type { RpcRequest } from './rpc-message.js';
import { SessionSecret } from './session-secret.service.js';
import type { StateOwner } from './state-seal.js';

/** How long a client may take with what an upstream of its era wants to know; the upstream has its own limit. */
const stateLifeMs = 3_600_000;

/** What a retry goes on with: a call that waits here, or what its upstream had given out. */
export interface ResumedState {
  readonly parked: ModernExchange | null;
  readonly upstreamState: string | undefined;
}

const nothing: ResumedState = { parked: null, upstreamState: undefined };

/** The `requestState` of modern clients: opened when one comes back, sealed when one goes out. */
@Injectable()
export class RequestStates {
  constructor(
    private readonly secret: SessionSecret,
    private readonly parked: ParkedCalls,
  ) {}

  /** Throws INVALID_PARAMS for a state that is not one for this key and this request, or whose call has ended. */
  resume(principal: Principal, message: RpcRequest): ResumedState {
    const { requestState } = message.params;
    if (requestState === undefined) return nothing;
    const state = this.secret.states.open(requestState, ownerOf(principal, message));
    if (state.kind === 'passed') return { parked: null, upstreamState: state.state };
    return { parked: this.parked.take(state), upstreamState: undefined };
  }

  /** An upstream's state, made fit to go out. */
  seal(principal: Principal, message: RpcRequest, state: string): string {
    return this.secret.states.seal({ kind: 'passed', state }, ownerOf(principal, message), stateLifeMs);
  }

  /** Keeps a call and gives the state that brings its client back to it. Throws OVERLOADED. */
  park(principal: Principal, message: RpcRequest, exchange: ModernExchange): string {
    return this.parked.park(ownerOf(principal, message), exchange);
  }
}

function ownerOf({ keyId }: Principal, { method, params }: RpcRequest): StateOwner {
  const parameter = namingParameter(method);
  const name = parameter === null ? undefined : params[parameter];
  return { keyId, method, name: typeof name === 'string' ? name : '' };
}
