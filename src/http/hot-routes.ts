import { Injectable } from '@nestjs/common';

import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

export type HotHandler = (request: GatewayRequest, response: GatewayResponse) => void | Promise<void>;
export type HotMatcher = (method: string, path: string) => HotHandler | undefined;

/**
 * The routes taken in front of Nest's router, because Express would cost more than the call itself. Edges enter the
 * very methods of their controllers here; authentication happens before, by the same guard.
 */
@Injectable()
export class HotRoutes {
  readonly #exact = new Map<string, HotHandler>();
  readonly #matchers: HotMatcher[] = [];

  add(method: string, path: string, handler: HotHandler): void {
    this.#exact.set(`${method} ${path}`, handler);
  }

  /** For paths with a name in them; asked only after no exact route was found. */
  addMatcher(matcher: HotMatcher): void {
    this.#matchers.push(matcher);
  }

  find(method: string, path: string): HotHandler | undefined {
    const exact = this.#exact.get(`${method} ${path}`);
    if (exact !== undefined) return exact;
    for (const matcher of this.#matchers) {
      const handler = matcher(method, path);
      if (handler !== undefined) return handler;
    }
    return undefined;
  }
}
