import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { ModernExchange } from './modern-exchange.js';
import { isObject } from './rpc-message.js';

/** How long a call waits for its client's answer before it is called off. */
const patienceMs = 300_000;
/** Parked calls at once for one key; each holds an upstream's call open. */
const maxPerKey = 100;
const statePrefix = 'toolgate.';

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
  /** Lives as long as the calls do: a state from before a restart has no call to go back to. */
  readonly #secret = randomBytes(32);

  /** Keeps a call until its client comes back. Gives the state for the client to echo. Throws OVERLOADED. */
  park(keyId: string, exchange: ModernExchange): string {
    const ofKey = [...this.#parked.values()].filter((it) => it.keyId === keyId).length;
    if (ofKey >= maxPerKey) {
      throw new GatewayError('OVERLOADED', { message: 'Too many calls of this key wait for input.' });
    }
    const id = randomBytes(16).toString('base64url');
    const timer = setTimeout(() => {
      this.#parked.delete(id);
      exchange.abandonParked('the client did not come back with the input');
    }, patienceMs).unref();
    this.#parked.set(id, { keyId, exchange, timer });
    return `${statePrefix}${id}.${this.#seal(id, keyId).toString('base64url')}`;
  }

  /** Whether a request's `requestState` is one of ours; an upstream's own goes through untouched. */
  isOurs(requestState: unknown): requestState is string {
    return typeof requestState === 'string' && requestState.startsWith(statePrefix);
  }

  /** The parked call of a state. Throws INVALID_PARAMS for one that was tampered with, used up or another key's. */
  take(requestState: string, keyId: string): ModernExchange {
    const [id = '', seal = ''] = requestState.slice(statePrefix.length).split('.');
    const given = Buffer.from(seal, 'base64url');
    const expected = this.#seal(id, keyId);
    const parked = this.#parked.get(id);
    const isGenuine = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isGenuine || parked?.keyId !== keyId) {
      throw new GatewayError('INVALID_PARAMS', {
        param: 'requestState',
        message: 'This requestState is not valid, or its call has ended. Start the call again without it.',
      });
    }
    clearTimeout(parked.timer);
    this.#parked.delete(id);
    return parked.exchange;
  }

  onModuleDestroy(): void {
    for (const { exchange, timer } of this.#parked.values()) {
      clearTimeout(timer);
      exchange.abandonParked('the gateway stops');
    }
    this.#parked.clear();
  }

  #seal(id: string, keyId: string): Buffer {
    return createHmac('sha256', this.#secret).update(id).update('.').update(keyId).digest();
  }
}

/** JSON text of the client's response to one question. Throws INVALID_PARAMS. */
export function responseTo(inputResponses: unknown, key: string): string {
  const response =
    isObject(inputResponses) && Object.hasOwn(inputResponses, key) ? inputResponses[key] : undefined;
  if (isObject(response)) return JSON.stringify(response);
  throw new GatewayError('INVALID_PARAMS', {
    param: 'inputResponses',
    message: `"inputResponses" must answer ${key}.`,
  });
}
