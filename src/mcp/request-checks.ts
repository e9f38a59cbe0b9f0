import type { IncomingMessage } from 'node:http';

import { GatewayError } from '../core/errors.js';
import { matchMcpPath } from '../core/mcp-path.js';
import { namesIn, scopeOfHeader, type Scope } from '../gateway/scope.js';
import { pathOf } from '../http/gateway-request.js';
import {
  isLegacyVersion,
  legacyVersions,
  modernVersion,
  type LegacyVersion,
} from '../core/protocol-version.js';
import { allowsBatches } from './protocol-version.js';
import type { ParsedBody } from './rpc-message.js';

const maxBatch = 100;

/** What a request narrowed itself to: by its path and by `x-mcp-servers`. */
export function scopeOf(request: Pick<IncomingMessage, 'url' | 'headers'>): Scope {
  const path = matchMcpPath(pathOf(request))?.scope ?? null;
  const ofHeader = scopeOfHeader(request.headers);
  return path === null ? ofHeader : [namesIn(path), ...ofHeader];
}

/**
 * Clients must accept both forms an answer can take (MCP Streamable HTTP, "Sending Messages to the Server").
 * No Accept header at all means anything goes (RFC 9110 section 12.5.1).
 */
export function requireAcceptBoth(request: IncomingMessage): void {
  if (!accepts(request, 'application/json') || !accepts(request, 'text/event-stream')) {
    throw new GatewayError('NOT_ACCEPTABLE', {
      param: 'Accept',
      message: 'The Accept header must list both application/json and text/event-stream.',
    });
  }
}

/** Only a client that names the event stream opens one: accepting anything is every client's default. */
export function requireAcceptStream(request: IncomingMessage): void {
  if (request.headers.accept?.toLowerCase().includes('text/event-stream') === true) return;
  throw new GatewayError('NOT_ACCEPTABLE', {
    param: 'Accept',
    message: 'A GET on this endpoint opens an event stream: send "Accept: text/event-stream".',
  });
}

function accepts(request: IncomingMessage, type: string): boolean {
  const accept = request.headers.accept;
  if (accept === undefined || accept.includes(type) || accept.includes('*/*')) return true;
  const lower = accept.toLowerCase();
  return lower.includes(type) || lower.includes(`${type.slice(0, type.indexOf('/'))}/*`);
}

/** Throws INVALID_REQUEST for a batch that the revision does not have, and for one without or with too many messages. */
export function checkBatch(body: ParsedBody, version: LegacyVersion): void {
  if (!body.isBatch) return;
  if (!allowsBatches(version)) {
    throw new GatewayError('INVALID_REQUEST', {
      message: `Protocol version ${version} has no batches: send one message at a time.`,
    });
  }
  if (body.messages.length === 0 || body.messages.length > maxBatch) {
    throw new GatewayError('INVALID_REQUEST', { message: `A batch holds 1 to ${maxBatch} messages.` });
  }
}

/** Throws UNSUPPORTED_PROTOCOL_VERSION for a header that names a revision nobody knows (MCP transports since 2025-06-18). */
export function checkVersionHeader(request: IncomingMessage): void {
  const version = request.headers['mcp-protocol-version'];
  if (version === undefined || isLegacyVersion(version)) return;
  const supported = [...legacyVersions, modernVersion];
  throw new GatewayError('UNSUPPORTED_PROTOCOL_VERSION', {
    param: 'MCP-Protocol-Version',
    message: `Unsupported protocol version. Supported: ${supported.join(', ')}`,
    data: { supported, requested: version },
  });
}
