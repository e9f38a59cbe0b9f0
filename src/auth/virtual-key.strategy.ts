import type { IncomingMessage } from 'node:http';

import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport';

import type { Principal } from '../core/principal.js';
import { Authenticator } from './authenticator.service.js';

/** Strategies made in this process. */
let count = 0;

type Verify = (request: IncomingMessage, done: (error: unknown, principal: Principal | null) => void) => void;

/** Passport strategy that leaves everything but the credential itself to its `verify`. */
class CredentialStrategy extends Strategy {
  /** Passport's names belong to the process, and a process may run two gateways. */
  override readonly name = `virtual-key-${++count}`;

  // Not a #private field: passport authenticates on objects made with Object.create(strategy), which have none.
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: IncomingMessage): void {
    this.verify(request, (error, principal) => {
      if (principal === null) this.error(error);
      else this.success(principal);
    });
  }
}

@Injectable()
export class VirtualKeyStrategy extends PassportStrategy(CredentialStrategy) {
  constructor(private readonly authenticator: Authenticator) {
    super();
  }

  validate(request: IncomingMessage): Principal | Promise<Principal> {
    return this.authenticator.authenticate(request);
  }
}
