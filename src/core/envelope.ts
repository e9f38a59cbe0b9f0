/**
 * Names of what a request of revision 2026-07-28 carries in `_meta` besides its own (MCP basic/index, "Per-request
 * protocol fields"). They describe one hop: none of them is handed on.
 */
export const envelopePrefix = 'io.modelcontextprotocol/';

export const envelopeKey = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

/**
 * The parameter that the `Mcp-Name` header repeats, by method (MCP 2026-07-28, transports/streamable-http, "Standard
 * Request Headers").
 */
const namedBy: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

export function namingParameter(method: string): 'name' | 'uri' | null {
  return Object.hasOwn(namedBy, method) ? (namedBy[method] ?? null) : null;
}
