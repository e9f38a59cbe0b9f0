import { asBuffer } from '../../../core/json-bytes.js';
import { membersOf } from '../../../core/json-object.js';
import { JsonSyntaxError, sliceChunks } from '../../../core/json-scanner.js';
import type { JsonBytes } from '../../../core/rpc.js';

const maxHeadBytes = 64;
const longestType = 64;
/** Most servers write it first. */
const atTheHead = /^\{\s*"resultType"\s*:\s*"([a-z_]+)"/;

/**
 * What a result of revision 2026-07-28 says it is: `complete`, also when it does not say, `input_required`, or something
 * unknown (basic/index, "ResultType"). Reads the object's own members, never the content.
 */
export function resultTypeOf(result: JsonBytes): string {
  const [first] = result.chunks;
  if (first === undefined) return 'complete';
  const found = atTheHead.exec(asBuffer(first).toString('latin1', 0, maxHeadBytes))?.[1];
  if (found !== undefined) return found;
  try {
    const range = membersOf(result).get('resultType');
    if (range === undefined) return 'complete';
    if (range.end - range.start > longestType) return 'unknown';
    const type: unknown = JSON.parse(Buffer.concat(sliceChunks(result.chunks, range).chunks).toString());
    return typeof type === 'string' ? type : 'unknown';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return 'unknown';
    throw error;
  }
}
