import { setTimeout as pause } from 'node:timers/promises';

import { Backoff } from '../backoff.js';
import { TransportFault } from '../transports/transport-fault.js';
import type { Connection } from './connection.js';
import type { OpenConnection } from './open-connection.js';

export interface KeeperSettings {
  /** Gives up, leaving nothing open, when the signal says so. */
  readonly open: (signal: AbortSignal) => Promise<OpenConnection>;
  /** Reconnects by itself, for ever; otherwise only when a connection is asked for. */
  readonly isEager: boolean;
  /** Attempts that calls ask for start that far apart at most, when one after the other fails. */
  readonly maxGapMs: number;
}

export interface KeeperListener {
  onConnecting(): void;
  onConnected(open: OpenConnection): void;
  /** An attempt failed, or the connection was lost. */
  onDisconnected(fault: TransportFault): void;
}

/** Attempts that calls ask for start no sooner after each other than this, and ever later up to `maxGapMs`. */
const minGapMs = 250;
/** After refused credentials: an upstream must not be hammered with them. */
const rejectedGapMs = 5_000;
const rejectedRetryMs = 60_000;
/** A connection that lived this long was sound: after it the first retries are quick again. */
const soundMs = 10_000;
const drainCheckMs = 100;

/** Keeps one connection: opens it, notices that it is gone, opens the next. */
export class ConnectionKeeper {
  readonly #backoff = new Backoff({ firstMs: 250, maxMs: 30_000 });
  readonly #retired = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #current: OpenConnection | null = null;
  #attempt: Promise<OpenConnection> | null = null;
  #attemptedAt = -Infinity;
  #gapMs = minGapMs;
  #connectedAt = 0;
  #lastFault: TransportFault | null = null;
  #retry: NodeJS.Timeout | null = null;
  /** No connection outlives this moment, whatever it still carries. */
  #closeBy = Infinity;

  constructor(
    private readonly settings: KeeperSettings,
    private readonly listener: KeeperListener,
  ) {}

  get current(): OpenConnection | null {
    return this.#current;
  }

  /**
   * The connection, or the outcome of an attempt to open one, which starts now unless one is under way.
   * Rejects with a TransportFault.
   */
  acquire(): Promise<OpenConnection> {
    if (this.#current !== null) return Promise.resolve(this.#current);
    if (this.#isClosed()) return Promise.reject(closed());
    if (this.#attempt !== null) return this.#attempt;
    const fault = this.#lastFault;
    const sinceMs = performance.now() - this.#attemptedAt;
    if (fault?.code === 'UPSTREAM_REJECTED_CREDENTIALS' && sinceMs < rejectedGapMs)
      return Promise.reject(fault);
    this.#attempt = this.#connect(this.#gapMs - sinceMs);
    // Who asked gets the rejection; the attempt itself must not count as unhandled when nobody did.
    this.#attempt.catch(() => undefined);
    return this.#attempt;
  }

  /** This connection takes no more calls: another one is opened, and it is closed once its own calls have ended. */
  renew(connection: Connection, drainMs: number): void {
    if (this.#current?.connection !== connection) return;
    this.#current = null;
    this.#retire(connection, drainMs);
    this.listener.onConnecting();
    void this.acquire().catch(() => undefined);
  }

  /** The connection is over already. */
  lost(connection: Connection, fault: TransportFault): void {
    if (this.#current?.connection !== connection) return;
    this.#current = null;
    if (performance.now() - this.#connectedAt >= soundMs) {
      this.#backoff.reset();
      this.#gapMs = minGapMs;
    }
    this.#retire(connection, 0);
    this.#failed(fault);
  }

  /** @param drainMs how long calls in flight may still take */
  async close(drainMs: number): Promise<void> {
    this.#stop.abort();
    this.#closeBy = Math.min(this.#closeBy, performance.now() + drainMs);
    if (this.#retry !== null) clearTimeout(this.#retry);
    const current = this.#current?.connection;
    this.#current = null;
    if (current !== undefined) this.#retire(current, drainMs);
    await this.#attempt?.then(
      ({ connection }) => connection.close(),
      () => undefined,
    );
    await Promise.all(this.#retired);
  }

  async #connect(waitMs: number): Promise<OpenConnection> {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    try {
      if (waitMs > 0) await pause(waitMs, undefined, { signal: this.#stop.signal });
      if (this.#isClosed()) throw closed();
      this.#attemptedAt = performance.now();
      this.listener.onConnecting();
      const open = await this.settings.open(this.#stop.signal);
      this.#attempt = null;
      if (this.#isClosed()) {
        await open.connection.close();
        throw closed();
      }
      this.#connectedAt = performance.now();
      this.#lastFault = null;
      this.#current = open;
      this.listener.onConnected(open);
      return open;
    } catch (error) {
      this.#attempt = null;
      const fault = TransportFault.of(error, 'connect');
      if (!this.#isClosed()) this.#failed(fault);
      throw fault;
    }
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  #failed(fault: TransportFault): void {
    this.#lastFault = fault;
    this.#gapMs = Math.min(this.#gapMs * 2, Math.max(minGapMs, this.settings.maxGapMs));
    this.listener.onDisconnected(fault);
    if (!this.settings.isEager || this.#isClosed()) return;
    const isRejected = fault.code === 'UPSTREAM_REJECTED_CREDENTIALS';
    this.#retry = setTimeout(
      () => void this.acquire().catch(() => undefined),
      isRejected ? rejectedRetryMs : this.#backoff.nextMs(),
    );
  }

  #retire(connection: Connection, drainMs: number): void {
    const closing = this.#drain(connection, drainMs).finally(() => this.#retired.delete(closing));
    this.#retired.add(closing);
  }

  async #drain(connection: Connection, drainMs: number): Promise<void> {
    const until = performance.now() + drainMs;
    while (connection.carried() > 0 && performance.now() < Math.min(until, this.#closeBy))
      await pause(drainCheckMs);
    await connection.close();
  }
}

function closed(): TransportFault {
  return new TransportFault('UPSTREAM_UNAVAILABLE', 'connect', 'is disconnected');
}
