import { upstreamNameProblem } from '../../core/tool-name.js';
import type { Findings } from '../problem-list.js';
import { pathText } from '../source/config-node.js';

/** Who has which name; compared without regard to case. */
export class NameTable {
  readonly #claimed = new Map<string, { readonly name: string; readonly line: number }>();
  readonly #aliases = new Map<string, string>();

  constructor(
    private readonly separator: string,
    private readonly findings: Findings,
  ) {}

  /** false, and a fault, when the name cannot be used. */
  claim(name: string, path: readonly string[]): boolean {
    const problem = upstreamNameProblem(name, this.separator);
    if (problem !== null) {
      this.findings.faultAtKey(path, `${pathText(path)}: ${problem}`);
      return false;
    }
    const first = this.#claimed.get(name.toLowerCase());
    if (first !== undefined) {
      this.findings.faultAtKey(
        path,
        `duplicate server name "${name}": "${first.name}" stands on line ${first.line}, and names count without regard to case`,
      );
      return false;
    }
    this.#claimed.set(name.toLowerCase(), { name, line: this.findings.line(path) });
    return true;
  }

  /** The first one to use a name keeps it; a server's own name beats any alias. */
  alsoKnownAs(alias: string, name: string): void {
    if (alias !== name && !this.#aliases.has(alias)) this.#aliases.set(alias, name);
  }

  nameOf(key: string): string | null {
    return this.#aliases.get(key) ?? this.#claimed.get(key.toLowerCase())?.name ?? null;
  }

  aliases(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#aliases].filter(([alias]) => !this.#claimed.has(alias.toLowerCase())),
    );
  }
}
