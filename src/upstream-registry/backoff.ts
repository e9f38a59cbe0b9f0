export interface BackoffSettings {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Waiting times that double up to a cap, each between half and the whole of it so that many do not wake as one. */
export class Backoff {
  #attempts = 0;

  constructor(
    private readonly settings: BackoffSettings,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const whole = Math.min(this.settings.firstMs * 2 ** this.#attempts, this.settings.maxMs);
    if (whole < this.settings.maxMs) this.#attempts++;
    return Math.round(whole * (0.5 + this.random() / 2));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
