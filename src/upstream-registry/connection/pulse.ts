import { TransportFault } from '../transports/transport-fault.js';
import { ask } from './ask.js';
import type { CallTable } from './call-table.js';
import type { Connection } from './connection.js';

/** Between pings of a connection that gives no cause for one. */
const intervalMs = 15_000;
const timeoutMs = 5_000;
/** A doubtful connection is asked again after this, a busy one after that. */
const againMs = 250;
const busyAgainMs = 1_000;
const minGapMs = 250;
/** Pings in a row without an answer after which a connection is given up. */
const missesToLose = 2;

export interface PulseListener {
  /** The connection answered. */
  onAlive(): void;
  /** A ping stayed without an answer, but calls are under way: the upstream may just be busy. */
  onBusy(fault: TransportFault): void;
  /** The connection is of no use any more. */
  onDead(connection: Connection, fault: TransportFault): void;
}

/** Not every server knows `ping`, and some say so strangely; whoever answers is there. */
function isSignOfLife(fault: TransportFault): boolean {
  return fault.isMismatch || fault.code === 'UPSTREAM_INVALID_RESPONSE' || fault.code === 'OVERLOADED';
}

/** Finds out whether the live connection is alive, by `ping`: now and then, and at once when there is a suspicion. */
export class Pulse {
  #connection: Connection | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isPinging = false;
  #misses = 0;
  #pingedAt = -Infinity;
  #latencyMs: number | null = null;

  constructor(
    private readonly calls: CallTable,
    private readonly listener: PulseListener,
  ) {}

  /** Milliseconds of the last ping that was answered. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  watch(connection: Connection | null): void {
    this.#connection = connection;
    this.#misses = 0;
    if (connection === null) this.#clear();
    else this.#schedule(intervalMs * (0.8 + Math.random() * 0.4));
  }

  suspect(connection: Connection): void {
    if (connection !== this.#connection || this.#isPinging) return;
    this.#schedule(Math.max(0, this.#pingedAt + minGapMs - performance.now()));
  }

  #schedule(delayMs: number): void {
    this.#clear();
    this.#timer = setTimeout(() => void this.#ping(), delayMs);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #ping(): Promise<void> {
    const connection = this.#connection;
    if (connection === null || this.#isPinging) return;
    this.#isPinging = true;
    this.#pingedAt = performance.now();
    let fault: TransportFault | null = null;
    try {
      await ask(connection, this.calls, 'ping', () => '{}', 'ping', timeoutMs);
    } catch (error) {
      fault = TransportFault.of(error, 'ping');
    }
    this.#isPinging = false;
    if (connection !== this.#connection) return;
    if (fault === null || isSignOfLife(fault)) {
      this.#misses = 0;
      this.#latencyMs = performance.now() - this.#pingedAt;
      this.listener.onAlive();
      this.#schedule(intervalMs);
    } else this.#onMiss(connection, fault);
  }

  #onMiss(connection: Connection, fault: TransportFault): void {
    this.#misses++;
    if (fault.code === 'UPSTREAM_REJECTED_CREDENTIALS') this.listener.onDead(connection, fault);
    else if (fault.code === 'UPSTREAM_TIMEOUT' && connection.carried() > 0) {
      this.listener.onBusy(fault);
      this.#schedule(busyAgainMs);
    } else if (this.#misses >= missesToLose) this.listener.onDead(connection, fault);
    else this.#schedule(againMs);
  }
}
