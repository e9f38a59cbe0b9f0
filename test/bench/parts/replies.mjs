/**
 * Writes replies for the upstream. A large result's bytes are made once and written between the parts of its
 * envelope, so that the upstream is not the bottleneck.
 */
const LARGE = 4096;
const KEPT = 64;
const kept = new Map();

function bytesOf(result) {
  let bytes = kept.get(result);
  if (bytes === undefined) {
    bytes = Buffer.from(result);
    if (kept.size < KEPT) kept.set(result, bytes);
  }
  return bytes;
}

export const head = (status, headers, length) =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${length}\r\n\r\n`;

export const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

export const streamHead = (headers) =>
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n' +
  `${headers}Transfer-Encoding: chunked\r\n\r\n`;

export const LAST_CHUNK = '0\r\n\r\n';

/** A JSON body: `start`, or `start` + `result` + `}` when a result is given. */
export function sendJson(socket, start, headers = '', result = undefined) {
  const type = `Content-Type: application/json\r\n${headers}`;
  if (result !== undefined && result.length > LARGE) {
    const bytes = bytesOf(result);
    socket.cork();
    socket.write(head('200 OK', type, start.length + bytes.length + 1) + start);
    socket.write(bytes);
    socket.write('}');
    socket.uncork();
    return;
  }
  const body = result === undefined ? start : `${start}${result}}`;
  socket.write(head('200 OK', type, Buffer.byteLength(body)) + body);
}

/** One SSE message as one HTTP chunk, with `before` and `after` written in the same breath. */
export function sendEvent(socket, start, result, before = '', after = '') {
  if (result !== undefined && result.length > LARGE) {
    const bytes = bytesOf(result);
    const opening = `event: message\ndata: ${start}`;
    socket.cork();
    socket.write(`${before}${(opening.length + bytes.length + 3).toString(16)}\r\n${opening}`);
    socket.write(bytes);
    socket.write(`}\n\n\r\n${after}`);
    socket.uncork();
    return;
  }
  const message = result === undefined ? start : `${start}${result}}`;
  socket.write(before + chunk(`event: message\ndata: ${message}\n\n`) + after);
}
