import { randomBytes } from 'node:crypto';

import { GatewayError } from '../core/errors.js';
import { textMembers } from '../core/json-scanner.js';
import type { RpcErrorObject } from '../core/rpc.js';
import { ClientRefusal } from '../gateway/upstream-types.js';
import { isObject, type RpcResponse } from './rpc-message.js';

interface Asked {
  resolve(resultJson: string): void;
  reject(error: Error): void;
}

/** Most questions open at once towards one client; an upstream that asks more is told so. */
const maxOpen = 64;

/** Questions of upstreams to one client (sampling, elicitation, roots): sent under ids of ours, matched when answered. */
export class ClientRequests {
  /** Most clients are never asked. */
  #open: Map<string, Asked> | null = null;
  /** A session outlives the process: an answer to what an earlier one asked must not meet a question of this one. */
  #tag: string | null = null;
  #count = 0;

  /** `send` puts one message on the way to the client and says whether there is a way. */
  ask(
    method: string,
    paramsJson: string,
    signal: AbortSignal,
    send: (message: string) => boolean,
  ): Promise<string> {
    const open = (this.#open ??= new Map<string, Asked>());
    if (open.size >= maxOpen) return Promise.reject(new GatewayError('OVERLOADED'));
    this.#tag ??= randomBytes(6).toString('base64url');
    const id = `toolgate-${this.#tag}-${++this.#count}`;
    const message = `{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(method)},"params":${paramsJson}}`;
    return new Promise((resolve, reject) => {
      const asked = { resolve, reject };
      open.set(id, asked);
      signal.addEventListener(
        'abort',
        () => {
          if (!open.delete(id)) return;
          const reason = JSON.stringify({ requestId: id, reason: 'the upstream no longer waits' });
          send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":${reason}}`);
          reject(new GatewayError('CANCELLED'));
        },
        { once: true },
      );
      if (send(message)) return;
      open.delete(id);
      reject(
        new GatewayError('MISSING_CLIENT_CAPABILITY', {
          message: 'The client has no stream open to be asked on.',
        }),
      );
    });
  }

  /** False for an answer to nothing that was asked. */
  answered(response: RpcResponse): boolean {
    const id = typeof response.id === 'string' ? response.id : '';
    const asked = this.#open?.get(id);
    if (asked === undefined) return false;
    this.#open?.delete(id);
    const range = textMembers(response.text).get('result');
    if (range !== undefined) asked.resolve(response.text.slice(range.start, range.end));
    else asked.reject(new ClientRefusal(errorOf(response)));
    return true;
  }

  endAll(): void {
    for (const asked of this.#open?.values() ?? []) asked.reject(new GatewayError('CANCELLED'));
    this.#open?.clear();
  }
}

function errorOf(response: RpcResponse): RpcErrorObject {
  const parsed = JSON.parse(response.text) as { error?: unknown };
  const { error } = parsed;
  if (isObject(error) && typeof error['code'] === 'number' && typeof error['message'] === 'string') {
    return {
      code: error['code'],
      message: error['message'],
      ...('data' in error ? { data: error['data'] } : {}),
    };
  }
  return { code: -32603, message: 'The client answered with a malformed error.' };
}
