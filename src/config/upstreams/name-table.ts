import { upstreamNameProblem } from '../../core/tool-name.js';
import type { Findings } from '../problem-list.js';
import { pathText, type ConfigPath } from '../source/config-node.js';

interface Claim {
  readonly key: string;
  readonly written: string;
  readonly line: number;
}

/** Who has which name; compared without regard to case. A server's key finds it too, so nobody else may have it. */
export class NameTable {
  readonly #claims = new Map<string, Claim>();
  readonly #names = new Map<string, string>();
  readonly #aliases = new Map<string, string>();

  constructor(
    private readonly separator: string,
    private readonly findings: Findings,
  ) {}

  /** The key of a server in `mcp_servers`, for it alone. All keys come before the first name. */
  reserve(key: string, path: ConfigPath): void {
    this.#claim(key, key, path);
  }

  /** What clients see for the server `key`. false, and a fault, when it cannot be used. */
  name(key: string, name: string, path: ConfigPath): boolean {
    const problem = upstreamNameProblem(name, this.separator);
    if (problem !== null) {
      this.findings.faultAtKey(path, `${pathText(path)}: ${problem}`);
      return false;
    }
    if (!this.#claim(key, name, path)) return false;
    this.#names.set(key, name);
    if (key !== name) this.#aliases.set(key, name);
    return true;
  }

  /** One more name for the server `key`; the first to use a name keeps it. */
  alias(alias: string, key: string, path: ConfigPath): void {
    const name = this.#names.get(key);
    if (name === undefined || alias === name) return;
    const holder = this.#claims.get(alias.toLowerCase());
    if (holder !== undefined && holder.key !== key) {
      this.findings.warn(path, `alias "${alias}" is left out: it is the name of server "${holder.written}"`);
    } else if (!this.#aliases.has(alias)) {
      this.#aliases.set(alias, name);
    }
  }

  /** Every other name to the name that counts. */
  get aliases(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#aliases);
  }

  #claim(key: string, written: string, path: ConfigPath): boolean {
    const holder = this.#claims.get(written.toLowerCase());
    if (holder === undefined) {
      this.#claims.set(written.toLowerCase(), { key, written, line: this.findings.line(path) });
      return true;
    }
    if (holder.key === key) return true;
    this.findings.faultAtKey(
      path,
      `duplicate server name "${written}": "${holder.written}" stands on line ${holder.line}, ` +
        'and names count without regard to case',
    );
    return false;
  }
}
