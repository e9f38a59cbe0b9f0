import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { Roster } from '../core/roster.js';
import type { Beating } from './beating.js';

/** One clock for all heartbeats: what stayed open over a whole period gets one. */
@Injectable()
export class HeartbeatService implements OnModuleDestroy {
  readonly #beating = new Roster<Beating>();
  /** How many times it has beaten. */
  #period = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(@Inject(GATEWAY_CONFIG) config: GatewayConfig) {
    this.#timer = setInterval(() => this.#beat(), config.limits.heartbeatMs).unref();
  }

  add(beating: Beating): void {
    beating.silentSince = this.#period;
    this.#beating.add(beating);
  }

  remove(beating: Beating): void {
    this.#beating.delete(beating);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    for (const beating of this.#beating.all()) if (beating.silentSince < this.#period) beating.heartbeat();
    this.#period++;
  }
}
