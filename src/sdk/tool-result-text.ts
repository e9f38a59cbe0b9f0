import type { McpContent, McpToolResult } from './mcp-types.js';

/**
 * A result as the text that a model reads: its text blocks, and of images, audio and files what they are. Structured
 * content only where there is nothing else, because servers repeat it as text (MCP 2025-11-25, structured content).
 */
export function toolResultText(result: McpToolResult): string {
  const text = result.content.map(blockText).join('\n');
  const shown =
    text === '' && result.structuredContent !== undefined ? JSON.stringify(result.structuredContent) : text;
  return result.isError === true ? `Error: ${shown}` : shown;
}

function blockText(block: McpContent): string {
  switch (block.type) {
    case 'text':
      return textOf(block.text);
    case 'image':
    case 'audio':
      return `[${block.type} ${textOf(block.mimeType)}]`;
    case 'resource_link':
      return `[resource ${textOf(block.uri)}]`;
    case 'resource': {
      const { uri, text } = (block.resource ?? {}) as Record<string, unknown>;
      return typeof text === 'string' ? text : `[resource ${textOf(uri)}]`;
    }
    default:
      return `[${block.type}]`;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
