/** The newest lines of many; the rest is forgotten. */
export class LastLines {
  readonly #lines: string[] = [];

  constructor(private readonly size: number) {}

  /** Oldest first. */
  get all(): readonly string[] {
    return [...this.#lines];
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.size) this.#lines.shift();
  }
}
