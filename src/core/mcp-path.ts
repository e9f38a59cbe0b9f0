/** Which MCP endpoint a path names, and what it is scoped to (contract section 4). */
export interface McpPath {
  readonly endpoint: 'mcp' | 'sse' | 'messages';
  /** Upstreams, access groups or toolsets, separated by commas; null: everything. */
  readonly scope: string | null;
}

const endpoints: ReadonlyMap<string, McpPath> = new Map([
  ['/mcp', { endpoint: 'mcp', scope: null }],
  ['/mcp/', { endpoint: 'mcp', scope: null }],
  ['/sse', { endpoint: 'sse', scope: null }],
  ['/sse/', { endpoint: 'sse', scope: null }],
  ['/mcp/sse', { endpoint: 'sse', scope: null }],
  ['/mcp/sse/', { endpoint: 'sse', scope: null }],
  ['/mcp/sse/messages', { endpoint: 'messages', scope: null }],
]);

/** Second segments under /mcp that belong to REST, and first segments that are never an upstream's. */
const restSegments: ReadonlySet<string> = new Set(['tools', 'sse', 'messages', 'enabled', 'servers']);

const scopedPath = /^\/(?:mcp\/([^/]{1,2048})|([^/]{1,2048})\/(mcp|sse))\/?$/;

/** null when the path is not an MCP endpoint. `path` comes without its query, percent-encoded as it was sent. */
export function matchMcpPath(path: string): McpPath | null {
  const known = endpoints.get(path);
  if (known !== undefined) return known;
  const match = scopedPath.exec(path);
  if (match === null) return null;
  const [, under, before = '', last] = match;
  const scope = decode(under ?? before);
  if (under !== undefined) return restSegments.has(scope) ? null : { endpoint: 'mcp', scope };
  if (scope === 'mcp') return null;
  return { endpoint: last === 'sse' ? 'sse' : 'mcp', scope };
}

/** What is not well encoded stands for itself: no upstream is called so. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
