import type { McpSession, McpTool } from './mcp-types.js';
import {
  transformMcpToolToAnthropicTool,
  transformMcpToolToOpenAIResponsesTool,
  transformMcpToolToOpenAITool,
  type AnthropicTool,
  type OpenAIResponsesTool,
  type OpenAITool,
} from './transform.js';

/** What a list of tools can be had as: `openai` is for chat completions, `openai_responses` for the responses API. */
interface ToolFormats<T> {
  mcp: T;
  openai: OpenAITool;
  openai_responses: OpenAIResponsesTool;
  anthropic: AnthropicTool;
}
export type ToolFormat = keyof ToolFormats<unknown>;

const transforms: Readonly<Record<ToolFormat, (tool: McpTool) => unknown>> = {
  mcp: (tool) => tool,
  openai: transformMcpToolToOpenAITool,
  openai_responses: transformMcpToolToOpenAIResponsesTool,
  anthropic: transformMcpToolToAnthropicTool,
};

/** Pages asked for of a server that always has one more. */
const maxPages = 100;

/** All tools of a session, page by page. Ends when a cursor comes again and after 100 pages, with what there is. */
export async function loadMcpTools<T extends McpTool, F extends ToolFormat = 'mcp'>(
  session: Pick<McpSession<T>, 'listTools'>,
  options: { readonly format?: F } = {},
): Promise<ToolFormats<T>[F][]> {
  const tools: T[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await session.listTools(cursor === undefined ? undefined : { cursor });
    tools.push(...page.tools);
    cursor = page.nextCursor;
    if (cursor === undefined || seen.has(cursor)) break;
    seen.add(cursor);
  } while (seen.size < maxPages);
  return tools.map(transforms[options.format ?? 'mcp']) as ToolFormats<T>[F][];
}
