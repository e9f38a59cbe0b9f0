import type { RpcErrorObject } from '../../core/rpc.js';
import type { Redactor } from '../redactor.js';
import type { IncomingMessage } from './incoming-message.js';

const maxErrorBytes = 1024 * 1024;

/**
 * The JSON-RPC error an upstream answered, fit to be passed on: our credentials for that upstream are taken out.
 * null when it is not an error object (JSON-RPC 2.0 section 5.1).
 */
export function readRpcError(message: IncomingMessage, redactor: Redactor): RpcErrorObject | null {
  const bytes = message.object('error');
  if (bytes === undefined || bytes.byteLength > maxErrorBytes) return null;
  let error: unknown;
  try {
    error = JSON.parse(Buffer.concat(bytes.chunks).toString('utf8'));
  } catch {
    return null;
  }
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return null;
  const { code, message: text } = error;
  if (!Number.isSafeInteger(code) || typeof text !== 'string') return null;
  const plain = { code: Number(code), message: redactor.text(text) };
  return 'data' in error ? { ...plain, data: redactor.value(error.data) } : plain;
}
