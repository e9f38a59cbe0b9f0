import { Injectable } from '@nestjs/common';

import { UpstreamRegistry } from '../upstream-registry/upstream-registry.service.js';
import type { Upstream, UpstreamNotification } from '../upstream-registry/upstream.js';

/** What edges hear from shared upstream connections. */
@Injectable()
export class UpstreamEvents {
  constructor(private readonly registry: UpstreamRegistry) {}

  /** Messages that belong to no call. Returns how to stop. */
  onNotification(listener: (upstream: Upstream, notification: UpstreamNotification) => void): () => void {
    return this.registry.onUpstreamNotification((name, notification) => {
      const upstream = this.registry.get(name);
      if (upstream !== undefined) listener(upstream, notification);
    });
  }

  /** Told each time a shared connection was opened. Returns how to stop. */
  onConnected(listener: (upstream: Upstream) => void): () => void {
    return this.registry.onConnected((name) => {
      const upstream = this.registry.get(name);
      if (upstream !== undefined) listener(upstream);
    });
  }
}
