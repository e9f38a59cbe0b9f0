import { Injectable } from '@nestjs/common';

import type { Principal } from '../core/principal.js';
import type { Permission } from './permission-table.js';

export interface Denial {
  readonly principal: Principal;
  readonly permission: Permission;
  readonly requestId: string;
}

/** Where the guard says whom it turned away, for the audit trail. */
@Injectable()
export class Denials {
  readonly #listeners = new Set<(denial: Denial) => void>();

  onDenial(listener: (denial: Denial) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(denial: Denial): void {
    for (const listener of this.#listeners) listener(denial);
  }
}
