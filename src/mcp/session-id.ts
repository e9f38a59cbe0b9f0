import { createHmac, timingSafeEqual } from 'node:crypto';

import { decodeFeatures, encodeFeatures, type ClientFeatures } from '../core/client-features.js';
import { legacyVersions, type LegacyVersion } from '../core/protocol-version.js';
import { RandomDigits } from '../core/random-digits.js';

/** What a session must still know after the gateway restarted; it travels inside the id. */
export interface SessionClaims {
  readonly protocolVersion: LegacyVersion;
  readonly clientCapabilities: ClientFeatures;
}

const formatVersion = 1;
const randomLength = 16;
const headLength = 3 + randomLength;
const macLength = 16;

/**
 * Session ids of Streamable HTTP: 128 random bits, the claims, and a MAC over both and the key the session belongs to.
 * A replica that has never seen the session can tell it is genuine and take it up; nobody else's key opens it.
 */
export class SessionIds {
  readonly #random = new RandomDigits();

  constructor(private readonly secret: Uint8Array) {}

  issue(keyId: string, claims: SessionClaims): string {
    const head = Buffer.alloc(headLength);
    head[0] = formatVersion;
    head[1] = legacyVersions.indexOf(claims.protocolVersion);
    head[2] = encodeFeatures(claims.clientCapabilities);
    head.write(this.#random.next(randomLength), 3, 'hex');
    return Buffer.concat([head, this.#mac(head, keyId)]).toString('base64url');
  }

  /** null for an id that is not one of ours or belongs to another key. */
  open(id: string, keyId: string): SessionClaims | null {
    const bytes = Buffer.from(id, 'base64url');
    if (bytes.length !== headLength + macLength || bytes[0] !== formatVersion) return null;
    const head = bytes.subarray(0, headLength);
    if (!timingSafeEqual(bytes.subarray(headLength), this.#mac(head, keyId))) return null;
    const protocolVersion = legacyVersions[head[1] ?? -1];
    if (protocolVersion === undefined) return null;
    return { protocolVersion, clientCapabilities: decodeFeatures(head[2] ?? 0) };
  }

  #mac(head: Buffer, keyId: string): Buffer {
    return createHmac('sha256', this.secret).update(head).update(keyId).digest().subarray(0, macLength);
  }
}
