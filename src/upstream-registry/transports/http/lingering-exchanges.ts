import { Roster } from '../../../core/roster.js';
import type { HttpExchange } from './http-exchange.js';

/** How long a stream may at least stay open behind its answer; at most twice as long. */
const lingerMs = 1_000;

/** Exchanges that have their answer while their stream goes on. An upstream that never ends it must not keep a socket. */
export class LingeringExchanges {
  readonly #exchanges = new Roster<HttpExchange>();
  #period = 0;
  #timer: NodeJS.Timeout | null = null;

  add(exchange: HttpExchange): void {
    exchange.lingersSince = this.#period;
    this.#exchanges.add(exchange);
    this.#timer ??= setTimeout(() => this.#age(), lingerMs).unref();
  }

  delete(exchange: HttpExchange): void {
    this.#exchanges.delete(exchange);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const exchange of this.#exchanges.all()) exchange.abandon();
  }

  #age(): void {
    for (const exchange of this.#exchanges.all()) {
      if (exchange.lingersSince === this.#period) continue;
      this.#exchanges.delete(exchange);
      exchange.abandon();
    }
    this.#period++;
    this.#timer = this.#exchanges.size === 0 ? null : setTimeout(() => this.#age(), lingerMs).unref();
  }
}
