import { namingParameter } from '../../../core/envelope.js';
import { encodeHeaderValue } from '../../../core/header-value.js';
import { modernVersion } from '../../../core/protocol-version.js';
import type { UpstreamRequest } from '../../upstream.js';

/**
 * The headers that repeat what stands in the body of a request, name and value in turn (MCP 2026-07-28,
 * transports/streamable-http, "Request Metadata").
 */
export function mirroredHeaders(request: UpstreamRequest, paramsJson: string): string[] {
  const { method } = request;
  const headers = ['mcp-protocol-version', modernVersion, 'mcp-method', method];
  const parameter = namingParameter(method);
  if (parameter === null) return headers;
  const name = request.name ?? stringMember(paramsJson, parameter);
  if (name !== undefined) headers.push('mcp-name', encodeHeaderValue(name));
  return headers;
}

function stringMember(paramsJson: string, name: string): string | undefined {
  const value = (JSON.parse(paramsJson) as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}
