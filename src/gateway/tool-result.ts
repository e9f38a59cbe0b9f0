import { wholeOf } from '../core/json-bytes.js';
import { membersOf } from '../core/json-object.js';
import { JsonSyntaxError, sliceChunks } from '../core/json-scanner.js';
import type { JsonBytes } from '../core/rpc.js';

const trueLength = 4;

/** Whether a CallToolResult says `"isError": true` at its top level. Reads structure only, never the content. */
export function isToolError(result: JsonBytes): boolean {
  try {
    const range = membersOf(result).get('isError');
    if (range === undefined || range.end - range.start !== trueLength) return false;
    return wholeOf(sliceChunks(result.chunks, range)).toString('latin1') === 'true';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}
