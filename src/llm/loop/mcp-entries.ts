import { GatewayError } from '../../core/errors.js';
import { matchesWildcard } from '../../core/wildcard.js';
import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject } from '../json.js';
import type { CompletionTool } from '../ports/completion-tools.js';

/** One `{"type": "mcp"}` of a request's `tools`. */
export interface McpEntry {
  readonly serverLabel: string;
  /** Upstreams, access groups or toolsets; null = everything the key may use. */
  readonly scope: readonly string[] | null;
  allows(tool: CompletionTool): boolean;
  /** False: calls of the tool go back to the client, which was to be asked. */
  runsUnasked(tool: CompletionTool): boolean;
}

/** The gateway's own names in `server_url`, with LiteLLM's; a path narrows to upstreams as the MCP endpoint's does. */
const ownServer = /^(?:litellm_proxy|toolgate)(?:\/mcp(?:\/([^/?#]+))?)?\/?$/;

/**
 * The tools of `tools` that the gateway is to bring along.
 * Throws INVALID_REQUEST for any other server: the gateway connects to nothing that a client names.
 */
export function mcpEntriesOf(request: CompletionRequest): readonly McpEntry[] {
  return asArray(request.json['tools']).flatMap((tool, index) => {
    const { type, ...entry } = asObject(tool);
    return type === 'mcp' ? [toEntry(entry, `tools[${index}]`)] : [];
  });
}

function toEntry(entry: Readonly<Record<string, unknown>>, param: string): McpEntry {
  const url = entry['server_url'];
  const match = typeof url === 'string' ? ownServer.exec(url) : null;
  if (match === null) {
    throw new GatewayError('INVALID_REQUEST', {
      param: `${param}.server_url`,
      message:
        'Only this gateway\'s own tools can be used: `server_url` must be "litellm_proxy" or "toolgate", or one of ' +
        'them with "/mcp/" and names of servers. Other MCP servers are added by an administrator.',
    });
  }
  const names = match[1] ?? asString(asObject(entry['headers'])['x-mcp-servers']);
  const allowed = toolPatterns(entry['allowed_tools'], `${param}.allowed_tools`);
  const unasked = unaskedTools(entry['require_approval'], `${param}.require_approval`);
  return {
    serverLabel: asString(entry['server_label']) ?? 'toolgate',
    scope: names === undefined ? null : splitNames(names, `${param}.server_url`),
    allows: (tool) => allowed === null || isNamed(allowed, tool),
    runsUnasked: (tool) => unasked === null || isNamed(unasked, tool),
  };
}

function splitNames(names: string, param: string): string[] {
  let decoded: string;
  try {
    decoded = decodeURIComponent(names);
  } catch {
    throw new GatewayError('INVALID_REQUEST', { param, message: `\`${param}\` is not a well-formed URL.` });
  }
  return decoded
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** null = all tools. A list of names, or OpenAI's object with `tool_names`. */
function toolPatterns(value: unknown, param: string): readonly string[] | null {
  if (value === undefined || value === null) return null;
  const names = isJsonObject(value) ? value['tool_names'] : value;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw new GatewayError('INVALID_REQUEST', {
      param,
      message: `\`${param}\` must be a list of tool names.`,
    });
  }
  return names;
}

/** null = every tool runs unasked. `"never"`, `"always"` (the default), or `{"never": {"tool_names": [...]}}`. */
function unaskedTools(value: unknown, param: string): readonly string[] | null {
  if (value === 'never') return null;
  if (value === undefined || value === null || value === 'always') return [];
  if (isJsonObject(value)) return toolPatterns(value['never'], `${param}.never`) ?? [];
  throw new GatewayError('INVALID_REQUEST', { param, message: `\`${param}\` must be "never" or "always".` });
}

/** Tools may be named as clients see them or as their upstream calls them. */
function isNamed(patterns: readonly string[], tool: CompletionTool): boolean {
  return patterns.some(
    (pattern) => matchesWildcard(pattern, tool.name) || matchesWildcard(pattern, tool.upstreamTool),
  );
}
