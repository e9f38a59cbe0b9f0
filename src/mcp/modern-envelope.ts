import { featuresOf, type ClientFeatures } from '../core/client-features.js';
import { envelopeKey, namingParameter } from '../core/envelope.js';
import { GatewayError } from '../core/errors.js';
import { decodeHeaderValue } from '../core/header-value.js';
import { headerOf, type GatewayRequest } from '../http/gateway-request.js';
import { modernVersion } from '../core/protocol-version.js';
import { isLogLevel, logLevels } from './log-level.js';
import { isObject, type RpcMessage, type RpcNotification, type RpcRequest } from './rpc-message.js';

const versionKey = envelopeKey.protocolVersion;
const capabilitiesKey = envelopeKey.clientCapabilities;

/**
 * Whether a message is of the stateless era. The body decides: `initialize` opens a legacy session, an envelope claims
 * the modern era; a modern version header without an envelope is a modern client's mistake, and answered as one.
 */
export function isModern(request: GatewayRequest, messages: readonly RpcMessage[]): boolean {
  const header = headerOf(request, 'mcp-protocol-version');
  return messages.some((message) => {
    if (message.kind !== 'request' && message.kind !== 'notification') return header === modernVersion;
    return metaOf(message)?.[versionKey] !== undefined || header === modernVersion;
  });
}

/** What a request says of the client that sent it. */
export interface OpenedEnvelope {
  readonly features: ClientFeatures;
  /** Least severe log messages wanted on the answer; null: none. */
  readonly logLevel: string | null;
}

/** Throws what the revision asks for on each mismatch. */
export function openEnvelope(request: GatewayRequest, message: RpcRequest): OpenedEnvelope {
  const meta = metaOf(message);
  const missing = [versionKey, capabilitiesKey].filter((key) => meta?.[key] === undefined);
  if (missing.length > 0)
    throw envelopeFault(`the request misses ${missing.map((key) => `_meta["${key}"]`).join(' and ')}`);
  const version = meta?.[versionKey];
  const capabilities = meta?.[capabilitiesKey];
  if (typeof version !== 'string') throw envelopeFault(`_meta["${versionKey}"] must be a string`);
  if (!isObject(capabilities)) throw envelopeFault(`_meta["${capabilitiesKey}"] must be an object`);
  checkHeaders(request, message, version);
  if (version !== modernVersion) {
    // The same as server/discover says: the older ones are negotiated by initialize.
    throw new GatewayError('UNSUPPORTED_PROTOCOL_VERSION', {
      message: `Unsupported protocol version: ${version}`,
      data: { supported: [modernVersion], requested: version },
    });
  }
  const logLevel = meta?.[envelopeKey.logLevel] ?? null;
  if (logLevel !== null && !isLogLevel(logLevel))
    throw envelopeFault(`_meta["${envelopeKey.logLevel}"] must be one of: ${logLevels.join(', ')}`);
  return { features: featuresOf(capabilities), logLevel };
}

function checkHeaders(request: GatewayRequest, message: RpcRequest, version: string): void {
  requireHeader(request, 'MCP-Protocol-Version', version);
  requireHeader(request, 'Mcp-Method', message.method);
  const parameter = namingParameter(message.method);
  const name = parameter === null ? undefined : message.params[parameter];
  if (typeof name === 'string') requireHeader(request, 'Mcp-Name', name);
}

function requireHeader(request: GatewayRequest, header: string, expected: string): void {
  const value = headerOf(request, header.toLowerCase());
  if (value === undefined)
    throw mismatch(header, `The ${header} header is missing; the body says ${expected}.`);
  const decoded = header === 'Mcp-Name' ? decodeHeaderValue(value) : value;
  if (decoded === null) throw mismatch(header, `The ${header} header is not valid Base64.`);
  if (decoded !== expected) {
    throw mismatch(header, `The ${header} header says ${decoded}, but the body says ${expected}.`);
  }
}

function metaOf(message: RpcRequest | RpcNotification): Readonly<Record<string, unknown>> | undefined {
  const meta = message.params['_meta'];
  return isObject(meta) ? meta : undefined;
}

function mismatch(header: string, message: string): GatewayError {
  return new GatewayError('HEADER_MISMATCH', { param: header, message, data: { mismatch: { header } } });
}

function envelopeFault(problem: string): GatewayError {
  return new GatewayError('INVALID_PARAMS', {
    param: '_meta',
    message: `Invalid envelope for protocol version ${modernVersion}: ${problem}.`,
  });
}
