export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** A growing list of samples; cheap enough to add to on every call. */
export class Samples {
  #values = new Float64Array(1 << 14);
  #count = 0;

  get count() {
    return this.#count;
  }

  add(value) {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  clear() {
    this.#count = 0;
  }

  /** @returns a function of a share, 0 to 1 */
  quantiles() {
    const sorted = this.#values.subarray(0, this.#count).slice().sort();
    return (share) =>
      sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }
}
