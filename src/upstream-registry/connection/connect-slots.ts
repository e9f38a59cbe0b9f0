/** A slow upstream stops counting after this: it must not keep others from starting. */
const slowMs = 2_000;

/** Bounds how many upstreams start connecting at once, over all upstreams, so that a start is no storm. */
export class ConnectSlots {
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(private readonly size: number) {}

  async run<T>(connect: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken++;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken--;
      this.#waiting.shift()?.();
    };
    const timer = setTimeout(release, slowMs);
    try {
      return await connect();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
