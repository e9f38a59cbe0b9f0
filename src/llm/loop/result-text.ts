import { asArray, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';

/** A CallToolResult as text for a model (MCP 2025-11-25, tools, "Tool Result"). */
export function resultText(resultJson: string): { readonly output: string; readonly isError: boolean } {
  const result = tryParse(resultJson);
  if (!isJsonObject(result)) return { output: 'The tool sent no valid result.', isError: true };
  const texts = asArray(result['content']).map((block) => blockText(asObject(block)));
  const structured = result['structuredContent'];
  const output =
    texts.length === 0 && structured !== undefined ? JSON.stringify(structured) : texts.join('\n');
  return { output, isError: result['isError'] === true };
}

/** Media cannot be put into a tool message; the model is told that it was there. */
function blockText(block: JsonObject): string {
  switch (block['type']) {
    case 'text':
      return asString(block['text']) ?? '';
    case 'resource': {
      const resource = asObject(block['resource']);
      return asString(resource['text']) ?? `[resource ${asString(resource['uri']) ?? ''}]`;
    }
    case 'resource_link':
      return `[${asString(block['name']) ?? 'resource'}: ${asString(block['uri']) ?? ''}]`;
    case 'image':
    case 'audio':
      return `[${block['type']} ${asString(block['mimeType']) ?? ''}, not shown]`;
    default:
      return '[content of an unknown kind]';
  }
}
