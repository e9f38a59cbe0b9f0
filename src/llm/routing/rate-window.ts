const windowMs = 60_000;

/**
 * How much happened in the last minute, from two counters: this minute's and, in proportion, the one before. Needs no
 * list of events and lets through at most the limit in any full minute that starts on one.
 */
export class RateWindow {
  #startedAt = 0;
  #current = 0;
  #previous = 0;

  add(amount: number, now: number): void {
    this.#roll(now);
    this.#current += amount;
  }

  count(now: number): number {
    this.#roll(now);
    const share = 1 - (now - this.#startedAt) / windowMs;
    return this.#current + this.#previous * share;
  }

  /** Whole seconds until the count is below `limit` if nothing else happens; at least 1. */
  secondsUntilBelow(limit: number, now: number): number {
    for (let seconds = 1; seconds < 120; seconds += 1) {
      const later = now + seconds * 1000;
      const isNextWindow = later - this.#startedAt >= windowMs;
      const [current, previous] = isNextWindow ? [0, this.#current] : [this.#current, this.#previous];
      const startedAt = isNextWindow ? this.#startedAt + windowMs : this.#startedAt;
      if (current + previous * Math.max(0, 1 - (later - startedAt) / windowMs) < limit) return seconds;
    }
    return 120;
  }

  #roll(now: number): void {
    const elapsed = now - this.#startedAt;
    if (elapsed < windowMs) return;
    this.#previous = elapsed < 2 * windowMs ? this.#current : 0;
    this.#current = 0;
    this.#startedAt = now - (elapsed % windowMs);
  }
}
