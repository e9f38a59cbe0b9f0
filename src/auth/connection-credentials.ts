import { hashVirtualKey } from '../core/virtual-key.js';

interface Known {
  readonly credential: string;
  readonly hash: string;
}

/** The hash of what each connection sent last: a client sends the same credential with every request. */
export class ConnectionCredentials {
  readonly #known = new WeakMap<object, Known>();

  /** @param connection the socket; forgotten with it */
  hashOf(connection: object, credential: string): string {
    const known = this.#known.get(connection);
    if (known?.credential === credential) return known.hash;
    const hash = hashVirtualKey(credential);
    this.#known.set(connection, { credential, hash });
    return hash;
  }
}
