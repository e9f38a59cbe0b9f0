import type { IncomingMessage } from 'node:http';

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { isVirtualKeyShaped } from '../core/virtual-key.js';
import { ConnectionCredentials } from './connection-credentials.js';
import { readCredential } from './credential.js';
import { IdentityCache } from './identity-cache.js';
import { IdentityReader } from './identity-reader.service.js';
import type { Identity } from './key-record.js';
import { MasterKeyService } from './master-key.service.js';
import { PrincipalWatcher, type PrincipalListener, type SecretChange } from './principal-watcher.service.js';

/** A request, as far as it says who makes it. */
export type CredentialBearer = Pick<IncomingMessage, 'headers' | 'socket'>;

/** Says who calls. The only place that turns a credential into a principal. */
@Injectable()
export class Authenticator {
  readonly #credentials = new ConnectionCredentials();

  constructor(
    private readonly cache: IdentityCache,
    private readonly reader: IdentityReader,
    private readonly masterKey: MasterKeyService,
    private readonly watcher: PrincipalWatcher,
  ) {}

  /**
   * The principal of a request; at once, without a promise, when the key is known. Throws or rejects with MISSING_KEY,
   * MALFORMED_KEY, UNKNOWN_KEY, KEY_BLOCKED, KEY_EXPIRED or DATABASE_UNAVAILABLE.
   */
  authenticate({ headers, socket }: CredentialBearer): Principal | Promise<Principal> {
    const credential = readCredential(headers);
    const hash = this.#credentials.hashOf(socket, credential);
    return this.#known(hash) ?? this.#find(credential, hash);
  }

  /** Like `authenticate`, but null where the database would have to be asked. */
  recall({ headers, socket }: CredentialBearer): Principal | null {
    return this.#known(this.#credentials.hashOf(socket, readCredential(headers)));
  }

  /** Whom a key stands for, whether or not it would be admitted; null when there is no such key. By its id. */
  identify(keyId: string): Promise<Identity | null> {
    return this.reader.byKeyId(keyId);
  }

  /**
   * Tells within a second what becomes of a principal: `null` when its key is blocked, deleted or expired (with its
   * user, team and organization), otherwise what it may from now on. Returns how to stop.
   */
  watch(principal: Principal, listener: PrincipalListener): () => void {
    return this.watcher.watch(principal, listener);
  }

  /** Tells of every secret that this replica knew and that changed or ended. Returns how to stop. */
  onChange(listener: (change: SecretChange) => void): () => void {
    return this.watcher.onChange(listener);
  }

  #known(hash: string): Principal | null {
    const identity = this.cache.get(hash);
    if (identity !== undefined) return admit(identity);
    if (this.masterKey.matches(hash)) return this.masterKey.principal;
    if (this.cache.isUnknown(hash)) throw new GatewayError('UNKNOWN_KEY');
    return null;
  }

  async #find(credential: string, hash: string): Promise<Principal> {
    if (await this.masterKey.matchesStored(hash)) return this.masterKey.principal;
    // Only a configured master key may look otherwise.
    if (!isVirtualKeyShaped(credential)) throw new GatewayError('MALFORMED_KEY');
    const identity = await this.reader.read(hash);
    if (identity === null) throw new GatewayError('UNKNOWN_KEY');
    return admit(identity);
  }
}

function admit({ principal, blockedBy }: Identity): Principal {
  if (blockedBy !== null) throw new GatewayError('KEY_BLOCKED');
  if (principal.expiresAtMs !== null && principal.expiresAtMs <= Date.now())
    throw new GatewayError('KEY_EXPIRED');
  return principal;
}
