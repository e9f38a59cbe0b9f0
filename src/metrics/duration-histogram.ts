/** Upper bounds in milliseconds: what the gateway itself adds lies at the left end, a hung upstream at the right. */
export const durationBoundsMs: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000,
];

/**
 * A histogram with fixed buckets in one array. prom-client's own looks its labels up by a text built anew for every
 * observation; this one costs a few comparisons, and is read when Prometheus asks.
 */
export class DurationHistogram {
  /** One cell a bucket, not added up; the last is beyond all bounds. */
  readonly #cells = new Float64Array(durationBoundsMs.length + 1);
  #sumMs = 0;

  observe(ms: number): void {
    if (!(ms >= 0)) return;
    let cell = 0;
    while (cell < durationBoundsMs.length && ms > (durationBoundsMs[cell] ?? Infinity)) cell += 1;
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
    this.#sumMs += ms;
  }

  get sumSeconds(): number {
    return this.#sumMs / 1000;
  }

  /** Observations at or below each bound, in the order of `durationBoundsMs`; the last is all of them. */
  cumulative(): number[] {
    let total = 0;
    return Array.from(this.#cells, (count) => (total += count));
  }
}
