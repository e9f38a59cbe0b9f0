import { JsonSyntaxError, scanObject, spliceMembers } from '../../core/json-scanner.js';
import type { IncomingMessage } from './incoming-message.js';

const maxProgressBytes = 64 * 1024;

/** A progress notification taken apart: our token, and `params` without it. null when it is not one of ours. */
export function readProgress(message: IncomingMessage): { token: number; paramsJson: string } | null {
  const params = message.object('params');
  if (params === undefined || params.byteLength > maxProgressBytes) return null;
  const bytes = Buffer.concat(params.chunks);
  try {
    const members = scanObject(bytes);
    const token = members.get('progressToken');
    const text = token === undefined ? '' : bytes.toString('latin1', token.start, token.end);
    if (!/^[1-9][0-9]{0,14}$/.test(text)) return null;
    return { token: Number(text), paramsJson: spliceMembers(bytes, members, { progressToken: undefined }) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}
