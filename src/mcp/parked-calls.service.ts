import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { ModernExchange } from './modern-exchange.js';
import { SessionSecret } from './session-secret.service.js';
import { invalidState, type RequestState, type StateOwner } from './state-seal.js';

/** How long a call waits for its client's answer before it is called off. */
const patienceMs = 300_000;
/** Parked calls at once for one key; each holds an upstream's call open. */
const maxPerKey = 100;

interface Parked {
  readonly keyId: string;
  readonly exchange: ModernExchange;
  readonly timer: NodeJS.Timeout;
}

/**
 * Calls of stateless clients whose upstream asked back in the legacy way (MCP 2026-07-28, input_required): the upstream
 * call stays open here, the client gets the questions and a sealed state, and its retry goes on with the same call.
 */
@Injectable()
export class ParkedCalls implements OnModuleDestroy {
  readonly #parked = new Map<string, Parked>();
  readonly #perKey = new Map<string, number>();
  /** Tells this process from the other replicas, and from what ran here before. */
  readonly #replica = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;

  constructor(private readonly secret: SessionSecret) {}

  /** Keeps a call until its client comes back. Gives the state for the client to echo. Throws OVERLOADED. */
  park(owner: StateOwner, exchange: ModernExchange): string {
    const { keyId } = owner;
    const ofKey = this.#perKey.get(keyId) ?? 0;
    if (ofKey >= maxPerKey) {
      throw new GatewayError('OVERLOADED', {
        message: 'Too many calls of this key wait for input.',
        retryAfterSeconds: 1,
      });
    }
    const call = randomBytes(16).toString('base64url');
    const timer = setTimeout(() => {
      this.#remove(call);
      exchange.abandonParked('the client did not come back with the input');
    }, patienceMs).unref();
    this.#parked.set(call, { keyId, exchange, timer });
    this.#perKey.set(keyId, ofKey + 1);
    return this.secret.states.seal({ kind: 'parked', call, replica: this.#replica }, owner, patienceMs);
  }

  /** The parked call of a state, once. Throws INVALID_PARAMS for one that has ended or waits on another replica. */
  take({ call, replica }: Extract<RequestState, { kind: 'parked' }>): ModernExchange {
    const parked = this.#remove(call);
    if (parked !== undefined) return parked.exchange;
    if (replica === this.#replica) throw invalidState();
    throw new GatewayError('INVALID_PARAMS', {
      param: 'requestState',
      message: `This call waits on another replica of the gateway (${replica}), or it has ended with it.`,
    });
  }

  onModuleDestroy(): void {
    this.abandonAll('the gateway stops');
  }

  /** Calls all of them off: nobody can come back to them. */
  abandonAll(reason: string): void {
    for (const [call, { exchange }] of this.#parked) {
      this.#remove(call);
      exchange.abandonParked(reason);
    }
  }

  #remove(call: string): Parked | undefined {
    const parked = this.#parked.get(call);
    if (parked === undefined) return undefined;
    this.#parked.delete(call);
    clearTimeout(parked.timer);
    const left = (this.#perKey.get(parked.keyId) ?? 1) - 1;
    if (left > 0) this.#perKey.set(parked.keyId, left);
    else this.#perKey.delete(parked.keyId);
    return parked;
  }
}
