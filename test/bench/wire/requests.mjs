/** Texts of requests. Everything that does not change from call to call is joined once, when a client is made. */

export const LEGACY_VERSION = '2025-06-18';
export const MODERN_VERSION = '2026-07-28';

export const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

const clientInfo = { name: 'toolgate-bench', version: '1.0.0' };

export const headerLines = (headers) =>
  Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

export const target = (url) => `${url.pathname}${url.search}`;

/** @returns {(body: string, extraHeaders?: string) => string} */
export function jsonPost(url, headers) {
  const start =
    `POST ${target(url)} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\n` +
    `Accept: application/json, text/event-stream\r\n${headers}`;
  return (body, extraHeaders = '') =>
    `${start}${extraHeaders}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const get = (url, accept, headers) =>
  `GET ${target(url)} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: ${accept}\r\n${headers}\r\n`;

export const rpc = (id, method, paramsJson) =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${paramsJson}}`;

export const initialize = (id) =>
  rpc(id, 'initialize', JSON.stringify({ protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo }));

/** The `_meta` members that every request of the stateless revision carries, without their braces. */
export const modernMeta = JSON.stringify({
  'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': clientInfo,
}).slice(1, -1);
