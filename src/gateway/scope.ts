import type { IncomingHttpHeaders } from 'node:http';

import type { Universe } from './universe.js';

/**
 * What a request narrowed itself to, by path (`/mcp/{name}`) and by header (`x-mcp-servers`). Each entry is a list of
 * names whose union counts; the entries intersect. Empty: everything the principal may use.
 */
export type Scope = readonly (readonly string[])[];

export const everything: Scope = [];

/** The names in a list such as `a, b`, as a path or the header has them. */
export function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** What the header `x-mcp-servers` narrows a request to. */
export function scopeOfHeader(headers: IncomingHttpHeaders): Scope {
  const header = headers['x-mcp-servers'];
  if (header === undefined) return everything;
  const names = namesIn(typeof header === 'string' ? header : header.join(','));
  return names.length === 0 ? everything : [names];
}

/** Equal for scopes that narrow alike. */
export function scopeKey(scope: Scope): string {
  return scope.map((names) => [...names].sort().join(',')).join('&');
}

/** Whether one name of a scope covers an upstream (or, with `tool`, a tool of it). */
export function nameCovers(universe: Universe, name: string, upstream: string, tool: string | null): boolean {
  if (universe.upstreamName(name) === upstream) return true;
  if (universe.accessGroup(name)?.has(upstream) === true) return true;
  const tools = universe.toolset(name)?.get(upstream);
  return tools !== undefined && tool !== null && tools.has(tool);
}

export function scopeCovers(
  universe: Universe,
  scope: Scope,
  upstream: string,
  tool: string | null,
): boolean {
  return scope.every((names) => names.some((name) => nameCovers(universe, name, upstream, tool)));
}
