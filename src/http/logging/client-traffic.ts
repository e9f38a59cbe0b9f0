import { matchMcpPath } from '../../core/mcp-path.js';
import { headerOf, pathOf, type GatewayRequest, type GatewayResponse } from '../gateway-request.js';
import type { TrafficDirection, TrafficLog } from './traffic-log.js';

/** Bytes of a body that are kept for showing; what is shown of it is less. */
const keptBytes = 64 * 1024;

/**
 * Shows the JSON-RPC messages of one request and its answers. It looks over the shoulder of whoever reads and writes
 * them and changes nothing about when that happens, so that what is debugged is what runs.
 */
export function watchClientTraffic(
  request: GatewayRequest,
  response: GatewayResponse,
  traffic: TrafficLog,
): void {
  if (!traffic.isEnabled || matchMcpPath(pathOf(request)) === null) return;
  const show = (direction: TrafficDirection, body: Buffer): void => {
    if (body.length === 0) return;
    const sessionId = headerOf(request, 'mcp-session-id');
    traffic.message(direction, body, {
      requestId: request.requestId,
      ...(sessionId === undefined ? {} : { sessionId }),
    });
  };
  watchBody(request, (body) => show('from_client', body));
  watchAnswers(response, (body) => show('to_client', body));
}

/** Events are seen as they are told; a listener of our own would make the body flow before its reader is there. */
function watchBody(request: GatewayRequest, show: (body: Buffer) => void): void {
  const kept = new Kept();
  const emit = request.emit.bind(request);
  request.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'data') kept.add(values[0] as Buffer);
    else if (event === 'end') show(kept.take());
    return emit(event, ...values);
  };
}

/** A JSON body when it is whole; of an event stream each event. */
function watchAnswers(response: GatewayResponse, show: (body: Buffer) => void): void {
  const kept = new Kept();
  const write = response.write.bind(response) as (...values: unknown[]) => boolean;
  const end = response.end.bind(response) as (...values: unknown[]) => GatewayResponse;
  const isStream = (): boolean => String(response.getHeader('content-type')).startsWith('text/event-stream');
  response.write = (...values: unknown[]): boolean => {
    kept.add(bytesOf(values));
    if (isStream() && kept.endsAnEvent) for (const data of dataOf(kept.take())) show(data);
    return write(...values);
  };
  response.end = (...values: unknown[]): GatewayResponse => {
    kept.add(bytesOf(values));
    if (isStream()) for (const data of dataOf(kept.take())) show(data);
    else show(kept.take());
    return end(...values);
  };
}

class Kept {
  #chunks: Buffer[] = [];
  #size = 0;
  #tail = '';

  get endsAnEvent(): boolean {
    return this.#tail === '\n\n';
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 2))).slice(-2);
    if (this.#size < keptBytes) this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  take(): Buffer {
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    return whole;
  }
}

/** The first argument of `write` and `end`, which may be a callback instead. */
function bytesOf([chunk, encoding]: readonly unknown[]): Buffer {
  if (typeof chunk === 'string')
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
}

/** What the events of a stream say; signs of life and the like say nothing. */
function dataOf(events: Buffer): readonly Buffer[] {
  return events
    .toString()
    .split('\n\n')
    .map((event) => event.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : [])))
    .filter((lines) => lines.length > 0)
    .map((lines) => Buffer.from(lines.join('\n')));
}
