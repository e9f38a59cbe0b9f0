/** One thing wrong or doubtful in what the gateway was told. Its message never holds a value that could be secret. */
export interface ConfigProblem {
  /** The file as it was named, or the flag or environment variable to blame. */
  readonly file: string;
  /** 1-based; 0 when the problem is not inside a file. */
  readonly line: number;
  /** 1-based; 0 when the problem is not inside a file. */
  readonly column: number;
  readonly message: string;
}

/** `config.yaml:3:5: message`, or `PORT: message` for what does not come from a file. One line, whatever names hold. */
export function formatProblem({ file, line, column, message }: ConfigProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${message}`.replaceAll(/\p{Cc}/gu, ' ');
}

/** The gateway cannot start, or a reload is refused: every fault that was found, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
  }
}
