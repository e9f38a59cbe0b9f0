import { GatewayError } from '../../../core/errors.js';
import { Backoff } from '../../backoff.js';

/** How a subscription of an upstream gets onto the wire. */
export interface ChangeChannel {
  /** Sends subscriptions/listen with this filter and returns its id. */
  open(filter: ChangeFilter): number;
  cancel(id: number): void;
  /** The stream broke off. */
  onBroken(): void;
  /** It is there again: anything may have happened meanwhile. */
  onGap(): void;
}

/** MCP 2026-07-28, SubscriptionFilter. */
export interface ChangeFilter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
}

interface Listening {
  readonly id: number;
  readonly openedAt: number;
  readonly uris: readonly string[];
  isAcknowledged: boolean;
}

interface Waiting {
  readonly resolve: (isHonoured: boolean) => void;
  readonly reject: (error: GatewayError) => void;
}

/** A stream that lived this long was no failure: the next one may come soon. */
const soundMs = 10_000;

/**
 * What an upstream of revision 2026-07-28 tells unasked: one subscriptions/listen, opened anew when other resources are
 * wanted, the new one before the old one ends, and when it breaks off.
 */
export class ChangeStream {
  readonly #backoff = new Backoff({ firstMs: 250, maxMs: 30_000 });
  /** URIs that someone wants to hear of, and who waits to know whether that is possible. */
  readonly #wanted = new Map<string, Waiting[]>();
  readonly #honoured = new Set<string>();
  #current: Listening | null = null;
  #next: Listening | null = null;
  #timer: NodeJS.Timeout | null = null;
  #hasGap = false;
  #isStarted = false;
  #isClosed = false;

  /** @param lists what of the lists the upstream says it tells of */
  constructor(
    private readonly upstream: string,
    private readonly lists: Omit<ChangeFilter, 'resourceSubscriptions'>,
    private readonly channel: ChangeChannel,
  ) {}

  start(): void {
    this.#isStarted = true;
    this.#open();
  }

  /** Resolves to whether the upstream tells of this resource; rejects when it cannot be asked. */
  subscribe(uri: string): Promise<boolean> {
    if (this.#honoured.has(uri)) return Promise.resolve(true);
    if (this.#isClosed) return Promise.reject(this.#outage());
    return new Promise((resolve, reject) => {
      const waiting = this.#wanted.get(uri) ?? [];
      this.#wanted.set(uri, [...waiting, { resolve, reject }]);
      this.#changeSoon();
    });
  }

  unsubscribe(uri: string): void {
    if (!this.#wanted.delete(uri)) return;
    this.#honoured.delete(uri);
    this.#changeSoon();
  }

  /** The first message of a stream: what the upstream agreed to. */
  onAcknowledged(id: number, filter: unknown): void {
    const listening = this.#listening(id);
    if (listening === null || listening.isAcknowledged) return;
    listening.isAcknowledged = true;
    if (listening === this.#next) {
      const old = this.#current;
      this.#current = listening;
      this.#next = null;
      if (old !== null) this.channel.cancel(old.id);
    }
    const honoured = urisOf(filter);
    for (const uri of listening.uris) this.#settle(uri, honoured.has(uri));
    if (this.#hasGap) this.channel.onGap();
    this.#hasGap = false;
  }

  /** @param isAnswer the upstream answered the request, instead of breaking off. Returns false for a foreign id. */
  onEnd(id: number, isAnswer: boolean): boolean {
    const listening = this.#listening(id);
    if (listening === null) return false;
    if (listening === this.#next) this.#next = null;
    else this.#current = null;
    if (isAnswer && !listening.isAcknowledged) {
      // It knows no subscriptions.
      for (const uri of listening.uris) this.#settle(uri, false);
      return true;
    }
    if (!isAnswer) this.#failWaiting();
    const isEmpty = Object.keys(this.lists).length === 0 && this.#wanted.size === 0;
    if (isEmpty || this.#isClosed || this.#current !== null) return true;
    if (performance.now() - listening.openedAt >= soundMs) this.#backoff.reset();
    this.#honoured.clear();
    this.#hasGap = true;
    this.#schedule(this.#backoff.nextMs());
    if (!isAnswer) this.channel.onBroken();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const listening of [this.#current, this.#next])
      if (listening !== null) this.channel.cancel(listening.id);
    this.#current = null;
    this.#next = null;
    this.#failWaiting();
  }

  #listening(id: number): Listening | null {
    if (this.#next?.id === id) return this.#next;
    return this.#current?.id === id ? this.#current : null;
  }

  /** Many resources wanted at once, as after a reconnect, are one change. */
  #changeSoon(): void {
    if (this.#isStarted && !this.#isClosed && this.#timer === null) this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), delayMs);
  }

  #open(): void {
    this.#timer = null;
    if (this.#isClosed) return;
    if (this.#next !== null) this.channel.cancel(this.#next.id);
    this.#next = null;
    const uris = [...this.#wanted.keys()];
    const filter = { ...this.lists, ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }) };
    if (Object.keys(filter).length === 0) {
      if (this.#current !== null) this.channel.cancel(this.#current.id);
      this.#current = null;
      return;
    }
    const id = this.channel.open(filter);
    const listening = { id, openedAt: performance.now(), uris, isAcknowledged: false };
    if (this.#current === null) this.#current = listening;
    else this.#next = listening;
  }

  #settle(uri: string, isHonoured: boolean): void {
    const waiting = this.#wanted.get(uri);
    if (waiting === undefined) return;
    if (isHonoured) this.#honoured.add(uri);
    if (isHonoured) this.#wanted.set(uri, []);
    else this.#wanted.delete(uri);
    for (const { resolve } of waiting) resolve(isHonoured);
  }

  /** Who waits is told; what is wanted stays wanted. */
  #failWaiting(): void {
    for (const [uri, waiting] of this.#wanted) {
      this.#wanted.set(uri, []);
      for (const { reject } of waiting) reject(this.#outage());
    }
  }

  #outage(): GatewayError {
    return new GatewayError('UPSTREAM_UNAVAILABLE', { upstream: this.upstream });
  }
}

function urisOf(filter: unknown): ReadonlySet<string> {
  const { resourceSubscriptions: uris } = (filter ?? {}) as { readonly resourceSubscriptions?: unknown };
  return new Set(Array.isArray(uris) ? uris.filter((uri): uri is string => typeof uri === 'string') : []);
}
