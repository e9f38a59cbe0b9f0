import type { GatewayError } from '../../core/errors.js';
import { TransportFault } from '../transports/transport-fault.js';
import { CircuitBreaker } from './circuit-breaker.js';

/** No answer, or one that costs everybody and helps nobody. */
const uselessCodes = new Set(['UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_RESPONSE_TOO_LARGE']);
/** A wait costs its caller alone; answers of a size that nobody takes cost the memory and the time of all. */
const floodWeight = 3;
/** Names come from clients too (resources): the oldest are forgotten. */
const maxTargets = 256;

/** What is asked of an upstream: a tool, a prompt, a resource, or a method. */
export interface CallTarget {
  readonly method: string;
  readonly name?: string;
}

/**
 * One circuit for each thing an upstream can be asked, and one for the whole. A tool that hangs or floods is asked no
 * more for a while, and the others go on; the whole is left alone when it cannot be reached, or when more than one thing
 * went wrong and nothing right in between.
 */
export class CircuitBreakers {
  readonly #whole: CircuitBreaker;
  readonly #byTarget = new Map<string, CircuitBreaker>();
  /** What went wrong since anything was answered. */
  readonly #wrong = new Set<string>();

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#whole = new CircuitBreaker(now);
  }

  /** Some calls are refused at present, or the whole was not answering when it was last asked. */
  get isOpen(): boolean {
    return this.#whole.isOpen || [...this.#byTarget.values()].some(({ isHolding }) => isHolding);
  }

  /** Milliseconds until a call is worth a try; 0 = it may go now. */
  admit(target: CallTarget): number {
    const own = this.#byTarget.size === 0 ? undefined : this.#byTarget.get(keyOf(target));
    return (own?.admit() ?? 0) || this.#whole.admit();
  }

  /** The upstream answered, whatever it said. */
  onAnswer(target: CallTarget): void {
    if (this.#byTarget.size > 0) this.#byTarget.delete(keyOf(target));
    // Asked first: clearing a Set makes its table anew, however empty it is, and this is with every call (ADR 0015).
    if (this.#wrong.size > 0) this.#wrong.clear();
    this.#whole.reset();
  }

  /** A call that was sent ended so. */
  onFailure(target: CallTarget, error: GatewayError): void {
    if (!uselessCodes.has(error.code)) return;
    if (isUnreachable(error)) {
      this.#whole.onFailure();
      return;
    }
    const key = keyOf(target);
    const weight = error.code === 'UPSTREAM_RESPONSE_TOO_LARGE' ? floodWeight : 1;
    this.#breakerOf(key).onFailure(weight);
    if (this.#wrong.size < maxTargets) this.#wrong.add(key);
    if (this.#wrong.size > 1) this.#whole.onFailure(weight);
  }

  /** The upstream was connected anew: it is worth a try again. What a tool does to it is not forgotten. */
  onConnected(): void {
    this.#wrong.clear();
    this.#whole.reset();
  }

  #breakerOf(key: string): CircuitBreaker {
    let breaker = this.#byTarget.get(key);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(this.now);
      this.#byTarget.set(key, breaker);
      const [oldest] = this.#byTarget.keys();
      if (this.#byTarget.size > maxTargets && oldest !== undefined) this.#byTarget.delete(oldest);
    }
    return breaker;
  }
}

const keyOf = ({ method, name }: CallTarget): string => `${method} ${name ?? ''}`;

const isUnreachable = ({ cause }: GatewayError): boolean =>
  cause instanceof TransportFault && cause.scope === 'connection';
