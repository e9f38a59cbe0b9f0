/** Calls in a row without an answer that can be used open the circuit when they count for so many. */
const failuresToOpen = 5;
const firstOpenMs = 1_000;
const maxOpenMs = 15_000;
/** A trial that has not ended by then does not keep others from being one. */
const trialMs = 5_000;

/**
 * Keeps calls from what answers none of them, or floods us with each answer. Once the circuit was open for its time one
 * call goes through as a trial; its answer closes the circuit, its failure opens it for twice as long.
 */
export class CircuitBreaker {
  #failures = 0;
  #openMs = firstOpenMs;
  #openUntil = 0;
  #trialUntil = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  get isOpen(): boolean {
    return this.#failures >= failuresToOpen;
  }

  /** Calls are refused at this moment. */
  get isHolding(): boolean {
    return this.isOpen && Math.max(this.#openUntil, this.#trialUntil) > this.now();
  }

  /** Milliseconds until a call is worth a try; 0 = it may go now, and if the circuit is open it is the trial. */
  admit(): number {
    if (!this.isOpen) return 0;
    const now = this.now();
    const waitMs = Math.max(this.#openUntil, this.#trialUntil) - now;
    if (waitMs > 0) return waitMs;
    this.#trialUntil = now + trialMs;
    return 0;
  }

  /** The upstream answered, whatever it said. */
  onAnswer(): void {
    this.reset();
  }

  /**
   * The upstream did not answer, or with more than is taken.
   *
   * @param weight as how many failures it counts
   */
  onFailure(weight = 1): void {
    this.#failures += weight;
    if (!this.isOpen) return;
    if (this.#trialUntil > 0) this.#openMs = Math.min(this.#openMs * 2, maxOpenMs);
    this.#trialUntil = 0;
    this.#openUntil = this.now() + this.#openMs;
  }

  /** The upstream was connected anew. */
  reset(): void {
    this.#failures = 0;
    this.#openMs = firstOpenMs;
    this.#openUntil = 0;
    this.#trialUntil = 0;
  }
}
