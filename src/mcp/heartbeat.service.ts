import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';

/** An open stream, or an answer that is taking long. */
export interface Beating {
  heartbeat(): void;
}

/** One clock for all heartbeats: what stayed open over a whole period gets one. */
@Injectable()
export class HeartbeatService implements OnModuleDestroy {
  #young = new Set<Beating>();
  #old = new Set<Beating>();
  readonly #timer: NodeJS.Timeout;

  constructor(@Inject(GATEWAY_CONFIG) config: GatewayConfig) {
    this.#timer = setInterval(() => this.#beat(), config.limits.heartbeatMs).unref();
  }

  add(beating: Beating): void {
    this.#young.add(beating);
  }

  remove(beating: Beating): void {
    if (!this.#young.delete(beating)) this.#old.delete(beating);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    for (const beating of this.#old) beating.heartbeat();
    for (const beating of this.#young) this.#old.add(beating);
    this.#young = new Set();
  }
}
