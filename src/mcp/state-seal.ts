import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import { GatewayError } from '../core/errors.js';

/** What the `requestState` of a modern client stands for (MCP 2026-07-28, multi round-trip requests). */
export type RequestState =
  /** A call that waits here, because its upstream asked in the way of an earlier revision. */
  | { readonly kind: 'parked'; readonly call: string; readonly replica: string }
  /** The state that the upstream itself gave out, which knows nothing of our clients. */
  | { readonly kind: 'passed'; readonly state: string };

/** What a state is good for: this key, and a repetition of this request. */
export interface StateOwner {
  readonly keyId: string;
  readonly method: string;
  /** Tool or prompt name, or resource URI, as the client wrote it. */
  readonly name: string;
}

const prefix = 'toolgate.';
const algorithm = 'aes-256-gcm';
const ivLength = 12;
const tagLength = 16;
const timeLength = 6;

/**
 * Seals request states: nobody but us reads or changes them, no other key and no other request can use them, and after
 * their time they are worth nothing. All replicas share the secret.
 */
export class StateSeal {
  readonly #key: Uint8Array;

  constructor(
    secret: Uint8Array,
    private readonly now: () => number = Date.now,
  ) {
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'requestState', 32));
  }

  seal(state: RequestState, owner: StateOwner, lifeMs: number): string {
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv(algorithm, this.#key, iv).setAAD(ownerBytes(owner));
    const until = Buffer.alloc(timeLength);
    until.writeUIntBE(this.now() + lifeMs, 0, timeLength);
    const sealed = Buffer.concat([
      cipher.update(until),
      cipher.update(JSON.stringify(state)),
      cipher.final(),
    ]);
    return prefix + Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** Throws INVALID_PARAMS for anything but a state that was sealed for this owner and is still good. */
  open(state: unknown, owner: StateOwner): RequestState {
    const opened =
      typeof state === 'string' && state.startsWith(prefix) ? this.#decipher(state, owner) : null;
    if (opened === null || opened.readUIntBE(0, timeLength) < this.now()) throw invalidState();
    return JSON.parse(opened.toString('utf8', timeLength)) as RequestState;
  }

  #decipher(state: string, owner: StateOwner): Buffer | null {
    const bytes = Buffer.from(state.slice(prefix.length), 'base64url');
    if (bytes.length < ivLength + timeLength + tagLength) return null;
    const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, ivLength));
    decipher.setAAD(ownerBytes(owner)).setAuthTag(bytes.subarray(-tagLength));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
    } catch {
      return null;
    }
  }
}

export function invalidState(): GatewayError {
  return new GatewayError('INVALID_PARAMS', {
    param: 'requestState',
    message: 'This requestState is not valid for this request, or its time is over. Start again without it.',
  });
}

function ownerBytes({ keyId, method, name }: StateOwner): Buffer {
  return Buffer.from(JSON.stringify([keyId, method, name]));
}
