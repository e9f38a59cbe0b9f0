import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { ChangeBus } from '../database/change-bus.js';
import { IdentityCache } from './identity-cache.js';
import { IdentityReader } from './identity-reader.service.js';
import { PrincipalWatcher } from './principal-watcher.service.js';

/** Carries what changed to those who remember who is who: first they forget, then the watchers are told. */
@Injectable()
export class IdentityChanges implements OnModuleDestroy {
  readonly #stop: () => void;

  constructor(bus: ChangeBus, cache: IdentityCache, reader: IdentityReader, watcher: PrincipalWatcher) {
    this.#stop = bus.subscribe((change) => {
      const forgotten = cache.apply(change);
      reader.apply(change);
      watcher.apply(change, forgotten);
    });
  }

  onModuleDestroy(): void {
    this.#stop();
  }
}
