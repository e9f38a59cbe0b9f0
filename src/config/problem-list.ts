import { ConfigError, type ConfigProblem } from './config-problem.js';
import { locate, type ConfigNode, type ConfigPath, type SourcePosition } from './source/config-node.js';

/** Collects what is wrong (faults) and what is doubtful (warnings), so that all of it is told at once. */
export class ProblemList {
  readonly #faults = new Map<string, ConfigProblem>();
  readonly #warnings = new Map<string, ConfigProblem>();

  fault(at: SourcePosition, message: string): void {
    addTo(this.#faults, { ...at, message });
  }

  warn(at: SourcePosition, message: string): void {
    addTo(this.#warnings, { ...at, message });
  }

  /** A fault or warning that no file is to blame for; `source` is a flag or an environment variable. */
  faultOf(source: string, message: string): void {
    this.fault({ file: source, line: 0, column: 0 }, message);
  }

  warnOf(source: string, message: string): void {
    this.warn({ file: source, line: 0, column: 0 }, message);
  }

  get hasFaults(): boolean {
    return this.#faults.size > 0;
  }

  get warnings(): readonly ConfigProblem[] {
    return inOrder(this.#warnings);
  }

  /** Throws ConfigError when there was any fault. */
  throwIfFaulty(): void {
    if (this.hasFaults) throw new ConfigError(inOrder(this.#faults));
  }
}

/** A view of the list that knows the file's tree: problems are told by path, their places are looked up. */
export class Findings {
  readonly #refused = new Set<string>();

  constructor(
    private readonly root: ConfigNode,
    readonly list: ProblemList,
  ) {}

  /** A wrong value: points at the value, or at what should hold it. */
  fault(path: ConfigPath, message: string): void {
    const found = locate(this.root, path);
    this.#refused.add(path.join('\0'));
    if (!found.isFaulty) this.list.fault(found.at, message);
  }

  /** A wrong name or combination: points at the key. */
  faultAtKey(path: ConfigPath, message: string): void {
    const found = locate(this.root, path);
    if (!found.isFaulty) this.list.fault(found.keyAt, message);
  }

  warn(path: ConfigPath, message: string): void {
    this.list.warn(locate(this.root, path).keyAt, message);
  }

  /** The file says something there, though it may be nothing that can be used. */
  has(path: ConfigPath): boolean {
    const { node } = locate(this.root, path);
    return node !== null && !(node.kind === 'scalar' && node.value === null);
  }

  /** A fault of this very value was told already; that it is missing now is no fault of its own. */
  wasRefused(path: ConfigPath): boolean {
    return this.#refused.has(path.join('\0')) || locate(this.root, path).isFaulty;
  }

  line(path: ConfigPath): number {
    return locate(this.root, path).keyAt.line;
  }

  /** The value as written when it is a plain word that cannot be a secret; null when it had better not be shown. */
  showable(path: ConfigPath): string | null {
    const { node } = locate(this.root, path);
    if (node?.kind !== 'scalar' || node.isFromEnvironment === true) return null;
    const text = String(node.value);
    return /^[A-Za-z][A-Za-z_+-]{0,23}$/.test(text) && !/^sk-/i.test(text) ? text : null;
  }
}

function addTo(problems: Map<string, ConfigProblem>, { file, line, column, message }: ConfigProblem): void {
  const key = `${file}:${line}:${column}:${message}`;
  if (!problems.has(key)) problems.set(key, { file, line, column, message });
}

/** By place within each file; files in the order in which they were first blamed. */
function inOrder(problems: ReadonlyMap<string, ConfigProblem>): readonly ConfigProblem[] {
  const files = [...new Set([...problems.values()].map(({ file }) => file))];
  return [...problems.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
