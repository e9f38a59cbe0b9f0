import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Cursors } from './cursor.js';
import { SessionIds } from './session-id.js';
import { StateSeal } from './state-seal.js';

/** What session ids, cursors and request states are signed or sealed with. Random until the stored secret, which all replicas share, is known. */
@Injectable()
export class SessionSecret {
  #ids: SessionIds;
  #cursors: Cursors;
  #states: StateSeal;
  #isShared = false;

  constructor() {
    const secret = randomBytes(32);
    this.#ids = new SessionIds(secret);
    this.#cursors = new Cursors(secret);
    this.#states = new StateSeal(secret);
  }

  /** Whether it is the stored one. */
  get isShared(): boolean {
    return this.#isShared;
  }

  get ids(): SessionIds {
    return this.#ids;
  }

  get cursors(): Cursors {
    return this.#cursors;
  }

  get states(): StateSeal {
    return this.#states;
  }

  /** Takes over the stored secret. */
  use(secret: Uint8Array): void {
    this.#isShared = true;
    this.#ids = new SessionIds(secret);
    this.#cursors = new Cursors(secret);
    this.#states = new StateSeal(secret);
  }
}
