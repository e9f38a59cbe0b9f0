import type { AccessTarget, PermissionUniverse } from './permission.js';
import { compileWildcards, matchesWildcard } from './wildcard.js';

/** Stands between server and tool in denials whatever the configured separator is. */
export const plainSeparator = '__';

/**
 * `mcp_denied_tools`, compiled. A pattern denies a tool when it matches its qualified name, its plain
 * `<server>__<tool>`, which is never cut and the same with every separator, or that with the server's id for its name.
 */
export class DeniedTools {
  /** Patterns in the plain form, with the server's name where they have its id. */
  readonly patterns: readonly string[];
  readonly #matches: (name: string) => boolean;

  constructor(
    patterns: readonly string[],
    private readonly universe: PermissionUniverse,
  ) {
    this.patterns = [...new Set(patterns.flatMap((pattern) => [pattern, ...this.#withServerName(pattern)]))];
    this.#matches = compileWildcards(this.patterns);
  }

  /** Without a tool: whether everything of the upstream is denied. */
  denies({ upstream, tool }: AccessTarget): boolean {
    const names = this.namesOf(upstream, tool ?? '');
    if (tool !== undefined) return names.some(this.#matches);
    // Only what ends in a star matches all names that begin alike, and it does when it matches the beginning.
    return this.patterns.some(
      (pattern) => pattern.endsWith('*') && names.some((prefix) => matchesWildcard(pattern, prefix)),
    );
  }

  /** Whether everything that `pattern` denies is denied here. As a name, a pattern's star is matched by stars alone. */
  covers(pattern: string): boolean {
    return this.#matches(pattern);
  }

  /** The names of a tool that patterns are held against. */
  namesOf(upstream: string, tool: string): readonly string[] {
    return [`${upstream}${plainSeparator}${tool}`, this.universe.qualifiedName(upstream, tool)];
  }

  #withServerName(pattern: string): readonly string[] {
    const end = pattern.indexOf(plainSeparator);
    const upstream = this.universe.upstreamName(pattern.slice(0, Math.max(end, 0)));
    return upstream === undefined ? [] : [`${upstream}${pattern.slice(end)}`];
  }
}
