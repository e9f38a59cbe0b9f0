import { wholeOf } from '../../core/json-bytes.js';
import { membersOf } from '../../core/json-object.js';
import { JsonSyntaxError, spliceMembers } from '../../core/json-scanner.js';
import type { IncomingMessage } from './incoming-message.js';

const maxProgressBytes = 64 * 1024;

/** A progress notification taken apart: our token, and `params` without it. null when it is not one of ours. */
export function readProgress(message: IncomingMessage): { token: number; paramsJson: string } | null {
  const params = message.takenApart('params');
  if (params === undefined || params.byteLength > maxProgressBytes) return null;
  const bytes = wholeOf(params);
  const text = bytes.toString();
  // Where every character is a byte, the places in the bytes are places in the text, and text is cheaper to cut.
  const source = text.length === bytes.length ? text : bytes;
  try {
    const members = membersOf(params);
    const token = members.get('progressToken');
    const digits = token === undefined ? '' : bytes.toString('latin1', token.start, token.end);
    if (!/^[1-9][0-9]{0,14}$/.test(digits)) return null;
    return {
      token: Number(digits),
      paramsJson: spliceMembers(source, members, { progressToken: undefined }),
    };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}
