import { GatewayError } from '../../core/errors.js';
import type { PendingCall } from './pending-call.js';

export interface AdmissionSettings {
  readonly upstream: string;
  readonly maxInFlight: number;
  readonly maxQueued: number;
}

/** Starts a call that was let in. */
export interface CallStarter {
  start(call: PendingCall): void;
}

/** A queue is for a moment's crowd. Who waited this long is told that there is no room. */
const maxWaitMs = 5_000;
const checkMs = 250;

/** The bulkhead of one upstream: so many calls in flight over all its connections, a short queue, then OVERLOADED. */
export class Admission {
  readonly #queue = new Map<PendingCall, CallStarter>();
  #settings: AdmissionSettings;
  #inFlight = 0;
  #watch: NodeJS.Timeout | null = null;

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queue.size;
  }

  configure(settings: AdmissionSettings): void {
    this.#settings = settings;
    this.#startNext();
  }

  enter(call: PendingCall, starter: CallStarter): void {
    if (this.#inFlight < this.#settings.maxInFlight) this.#admit(call, starter);
    else if (this.#queue.size < this.#settings.maxQueued) {
      this.#queue.set(call, starter);
      this.#watch ??= setInterval(() => this.#refuseLate(), checkMs);
    } else call.fail(this.#overloaded());
  }

  /** The call is over, wherever it was. */
  leave(call: PendingCall): void {
    if (call.isAdmitted) {
      call.isAdmitted = false;
      this.#inFlight--;
      if (this.#queue.size > 0) this.#startNext();
    } else this.#queue.delete(call);
  }

  close(): void {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
  }

  #admit(call: PendingCall, starter: CallStarter): void {
    call.isAdmitted = true;
    this.#inFlight++;
    starter.start(call);
  }

  #startNext(): void {
    for (const [call, starter] of this.#queue) {
      if (this.#inFlight >= this.#settings.maxInFlight) return;
      this.#queue.delete(call);
      this.#admit(call, starter);
    }
  }

  #refuseLate(): void {
    if (this.#queue.size === 0) this.close();
    const latest = performance.now() - maxWaitMs;
    for (const call of this.#queue.keys()) {
      if (call.startedAt > latest) return;
      call.fail(this.#overloaded());
    }
  }

  #overloaded(): GatewayError {
    return new GatewayError('OVERLOADED', { upstream: this.#settings.upstream, retryAfterSeconds: 1 });
  }
}
