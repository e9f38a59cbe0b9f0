/** Which MCP endpoint a path names, and the upstream, access group or toolset it is scoped to (contract section 4). */
export interface McpPath {
  readonly endpoint: 'mcp' | 'sse' | 'messages';
  readonly scope: string | null;
}

const endpoints: ReadonlyMap<string, McpPath> = new Map([
  ['/mcp', { endpoint: 'mcp', scope: null }],
  ['/mcp/', { endpoint: 'mcp', scope: null }],
  ['/sse', { endpoint: 'sse', scope: null }],
  ['/mcp/sse', { endpoint: 'sse', scope: null }],
  ['/mcp/sse/messages', { endpoint: 'messages', scope: null }],
]);

/** Second segments under /mcp that belong to REST, and first segments that are never an upstream's. */
const restSegments: ReadonlySet<string> = new Set(['tools', 'sse', 'messages', 'enabled', 'servers']);

const scopedPath = /^\/(?:mcp\/([A-Za-z0-9_.-]{1,64})|([A-Za-z0-9_.-]{1,64})\/(mcp|sse))\/?$/;

/** null when the path is not an MCP endpoint. `path` comes without its query. */
export function matchMcpPath(path: string): McpPath | null {
  const known = endpoints.get(path);
  if (known !== undefined) return known;
  const match = scopedPath.exec(path);
  if (match === null) return null;
  const under = match[1];
  if (under !== undefined) return restSegments.has(under) ? null : { endpoint: 'mcp', scope: under };
  const name = match[2] ?? '';
  if (name === 'mcp') return null;
  return { endpoint: match[3] === 'sse' ? 'sse' : 'mcp', scope: name };
}
