import { JsonObjectScanner, JsonSyntaxError, sliceChunks } from '../core/json-scanner.js';
import type { JsonBytes } from '../core/rpc.js';

const trueLength = 4;

/** Whether a CallToolResult says `"isError": true` at its top level. Reads structure only, never the content. */
export function isToolError(result: JsonBytes): boolean {
  const [only] = result.chunks;
  if (result.chunks.length === 1 && only !== undefined && !mentionsIsError(only)) return false;
  try {
    const scanner = new JsonObjectScanner();
    for (const chunk of result.chunks) scanner.push(chunk);
    const range = scanner.end().get('isError');
    if (range === undefined || range.end - range.start !== trueLength) return false;
    return Buffer.concat(sliceChunks(result.chunks, range).chunks).toString('latin1') === 'true';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

/** A native search that spares nearly every result the scan. */
function mentionsIsError(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"isError"', 0, 'latin1');
}
