import { namingParameter } from '../../../core/envelope.js';
import { encodeHeaderValue } from '../../../core/header-value.js';
import { mirroredArguments, toolParamHeaders } from '../../../core/param-headers.js';
import { modernVersion } from '../../../core/protocol-version.js';
import type { UpstreamRequest } from '../../upstream.js';

/**
 * The headers that repeat what stands in the body of a request, name and value in turn (MCP 2026-07-28,
 * transports/streamable-http, "Request Metadata").
 */
export function mirroredHeaders(request: UpstreamRequest, paramsJson: string): string[] {
  const { method, tool } = request;
  const headers = ['mcp-protocol-version', modernVersion, 'mcp-method', method];
  const parameter = namingParameter(method);
  if (parameter === null) return headers;
  const name = request.name ?? members(paramsJson)[parameter];
  if (typeof name === 'string') headers.push('mcp-name', encodeHeaderValue(name));
  const wanted = tool === undefined ? [] : toolParamHeaders(tool);
  if (wanted.length > 0) headers.push(...mirroredArguments(wanted, members(paramsJson)['arguments']));
  return headers;
}

/** Headers of a client without those that the gateway writes itself. */
export function withoutMirrored(
  headers: Readonly<Record<string, string>> | undefined,
  mirrored: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined;
  const own = new Set(mirrored.filter((_, index) => index % 2 === 0));
  const entries = Object.entries(headers).filter(([name]) => !own.has(name.toLowerCase()));
  return Object.fromEntries(entries);
}

function members(paramsJson: string): Readonly<Record<string, unknown>> {
  return JSON.parse(paramsJson) as Readonly<Record<string, unknown>>;
}
