import type { HttpExchange } from './http-exchange.js';

/** How long a stream may at least stay open behind its answer; at most twice as long. */
const lingerMs = 1_000;

/** Exchanges that have their answer while their stream goes on. An upstream that never ends it must not keep a socket. */
export class LingeringExchanges {
  #young = new Set<HttpExchange>();
  #old = new Set<HttpExchange>();
  #timer: NodeJS.Timeout | null = null;

  add(exchange: HttpExchange): void {
    this.#young.add(exchange);
    this.#timer ??= setTimeout(() => this.#age(), lingerMs).unref();
  }

  delete(exchange: HttpExchange): void {
    if (!this.#young.delete(exchange)) this.#old.delete(exchange);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const exchange of [...this.#old, ...this.#young]) exchange.abandon();
  }

  #age(): void {
    for (const exchange of this.#old) exchange.abandon();
    this.#old = this.#young;
    this.#young = new Set();
    this.#timer = this.#old.size === 0 ? null : setTimeout(() => this.#age(), lingerMs).unref();
  }
}
