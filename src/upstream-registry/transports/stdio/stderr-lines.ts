const maxLineChars = 2_000;
/** Lines told of in one second; a child that floods its stderr is cut short, not followed. */
const linesPerSecond = 50;

/** Reads what a child says on stderr, line by line, cut and slowed to what a log can bear. Nothing is kept. */
export class StderrLines {
  #rest = '';
  #second = 0;
  #told = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  push(bytes: Buffer): void {
    const text = this.#rest + bytes.toString('utf8');
    const lines = text.split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, maxLineChars);
    for (const line of lines) if (line.trim() !== '') this.#tell(line.slice(0, maxLineChars));
  }

  #tell(line: string): void {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#told = 0;
    }
    if (this.#told++ < linesPerSecond) this.onLine(line);
  }
}
