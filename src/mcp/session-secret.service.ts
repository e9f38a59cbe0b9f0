import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Cursors } from './cursor.js';
import { SessionIds } from './session-id.js';

/** What session ids and cursors are signed with. Random until the stored secret, which all replicas share, is known. */
@Injectable()
export class SessionSecret {
  #ids: SessionIds;
  #cursors: Cursors;

  constructor() {
    const secret = randomBytes(32);
    this.#ids = new SessionIds(secret);
    this.#cursors = new Cursors(secret);
  }

  get ids(): SessionIds {
    return this.#ids;
  }

  get cursors(): Cursors {
    return this.#cursors;
  }

  use(secret: Uint8Array): void {
    this.#ids = new SessionIds(secret);
    this.#cursors = new Cursors(secret);
  }
}
