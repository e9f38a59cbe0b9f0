import type { RpcErrorObject } from '../../../core/rpc.js';
import { TransportFault } from '../../transports/transport-fault.js';

/** Error codes that revision 2026-07-28 defines (basic/index, "Error Codes"). */
export const modernErrorCode = {
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
} as const;

export function isVersionRefused({ code }: RpcErrorObject): boolean {
  return code === modernErrorCode.unsupportedProtocolVersion;
}

const refusals: ReadonlySet<number> = new Set([...Object.values(modernErrorCode), -32602]);

/**
 * Whether a server of this revision refused a request before it looked at what it is about. An HTTP answer may leave the
 * id out then; the other codes that come without one are those of servers that miss a session.
 */
export function isRequestRefused({ code }: RpcErrorObject): boolean {
  return refusals.has(code);
}

/** Versions that a server names when it refuses ours; null when it names none. */
export function supportedVersionsOf({ data }: RpcErrorObject): readonly string[] | null {
  if (typeof data !== 'object' || data === null || !('supported' in data)) return null;
  const { supported } = data;
  return Array.isArray(supported) ? supported.filter((it): it is string => typeof it === 'string') : null;
}

/** The upstream judged the request by another era than the connection's, and so did not run it. */
export function eraChanged(): TransportFault {
  return new TransportFault('UPSTREAM_UNAVAILABLE', 'call', 'speaks another protocol version now', {
    scope: 'session',
  });
}
