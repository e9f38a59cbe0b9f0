import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly cursor?: string;
    readonly arguments?: Arguments;
    readonly _meta?: { readonly progressToken?: number };
  };
}

export type Arguments = Readonly<Record<string, unknown>>;

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: Message;
}

type Behaviour = (exchange: Exchange, args: Arguments) => void;

const MiB = 1024 * 1024;
const jsonType = { 'content-type': 'application/json' };
const eventType = { 'content-type': 'text/event-stream' };

function answer(id: unknown, text = 'ok'): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
}

function sendJson({ response }: Exchange, body: string | Buffer, headers: Record<string, string> = {}): void {
  response.writeHead(200, { ...jsonType, ...headers }).end(body);
}

function sendEvents({ response }: Exchange, text: string): void {
  response.writeHead(200, eventType).end(text);
}

/** 64 MiB of white space in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * MiB, ' '));

/** Sends filler until the other side has had enough. */
function flood(response: ServerResponse, totalBytes: number): void {
  const filler = Buffer.alloc(64 * 1024, 'x');
  let left = totalBytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= filler.length;
      if (!response.write(filler)) {
        response.once('drain', more);
        return;
      }
    }
    if (!response.destroyed) response.end();
  };
  more();
}

/** Sends a part of what was announced and hangs up. */
function hangUpWithin({ response }: Exchange, part: string, headers: Record<string, string | number>): void {
  response.writeHead(200, headers);
  response.flushHeaders();
  response.write(part, () => response.destroy());
}

const eventOf = (id: unknown): string => `event: message\ndata: ${answer(id)}\n\n`;
const withoutEnd = (text: string, args: Arguments): string => text.slice(0, -Number(args.missing));

/** What a tool of this name does to the call. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  ok: (it) => sendJson(it, answer(it.message.id)),
  ok_events: (it) => sendEvents(it, eventOf(it.message.id)),
  echo_headers: (it) => sendJson(it, answer(it.message.id, JSON.stringify(it.request.headers))),
  slow: (it, args) => void setTimeout(() => sendJson(it, answer(it.message.id)), Number(args.ms)).unref(),
  hang: () => undefined,
  reset: ({ request }) => request.socket.resetAndDestroy(),
  close: ({ request }) => request.socket.destroy(),
  hang_up_within: (it, args) => {
    const whole = answer(it.message.id);
    hangUpWithin(it, withoutEnd(whole, args), { ...jsonType, 'content-length': whole.length });
  },
  hang_up_within_events: (it, args) => hangUpWithin(it, withoutEnd(eventOf(it.message.id), args), eventType),
  not_http: ({ request }) => void request.socket.end('\u0000\u0001 this is no HTTP at all\r\n\r\n'),
  garbage: (it) => sendJson(it, 'this is not json'),
  html: ({ response }) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>secret</h1>'),
  no_type: ({ response, message }) => void response.writeHead(200).end(answer(message.id)),
  json_as_events: (it) => sendEvents(it, answer(it.message.id)),
  events_as_json: (it) => sendJson(it, eventOf(it.message.id)),
  accepted: ({ response }) => void response.writeHead(202).end(),
  empty: (it) => sendJson(it, ''),
  cut: (it, args) => sendJson(it, withoutEnd(answer(it.message.id), args)),
  cut_events: (it, args) => sendEvents(it, withoutEnd(eventOf(it.message.id), args)),
  array: (it) => sendJson(it, `[${answer(it.message.id)}]`),
  two_in_one: (it) => sendJson(it, answer(it.message.id, 'first') + answer(it.message.id, 'second')),
  wrong_id: (it) => sendJson(it, answer((it.message.id ?? 0) + 1_000)),
  string_id: (it) => sendJson(it, answer(String(it.message.id))),
  no_id: (it) => sendJson(it, '{"jsonrpc":"2.0","result":{}}'),
  no_result: (it) => sendJson(it, `{"jsonrpc":"2.0","id":${String(it.message.id)}}`),
  text_result: (it) => sendJson(it, `{"jsonrpc":"2.0","id":${String(it.message.id)},"result":"text"}`),
  bad_error: (it) => sendJson(it, `{"jsonrpc":"2.0","id":${String(it.message.id)},"error":"text"}`),
  result_with_ids: (it) => sendJson(it, answer(it.message.id, '"id":1,"result":{}}{"id":2')),
  error: (it, args) => {
    const error = { code: -32_050, message: String(args.message), data: { nested: [args.message] } };
    sendJson(it, JSON.stringify({ jsonrpc: '2.0', id: it.message.id, error }));
  },
  status: ({ response }, args) => {
    const headers = { 'content-type': 'text/plain', 'retry-after': '7' };
    response.writeHead(Number(args.status), headers).end('secret internals of the upstream');
  },
  status_with_error: ({ response, message }, args) => {
    const error = { code: -32_000, message: 'A JSON-RPC error' };
    response
      .writeHead(Number(args.status), jsonType)
      .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
  },
  huge: ({ response, message }, args) => {
    response.writeHead(200, jsonType);
    response.write(`{"jsonrpc":"2.0","id":${String(message.id)},"result":{"text":"`);
    flood(response, Number(args.bytes));
  },
  huge_said: ({ response }) => {
    response.writeHead(200, { ...jsonType, 'content-length': 64 * MiB });
    flood(response, 64 * MiB);
  },
  huge_event: ({ response }, args) => {
    response.writeHead(200, eventType);
    response.write('data: {"jsonrpc":"2.0","result":"');
    flood(response, Number(args.bytes));
  },
  huge_refusal: ({ response }) => {
    response.writeHead(500, { 'content-type': 'text/plain' });
    flood(response, 64 * MiB);
  },
  drip: ({ response, message }) => {
    response.writeHead(200, jsonType);
    const bytes = Buffer.from(answer(message.id));
    let at = 0;
    const timer = setInterval(() => {
      if (at < bytes.length) response.write(bytes.subarray(at, ++at));
      else {
        clearInterval(timer);
        response.end();
      }
    }, 1);
  },
  gzip: (it) => sendJson(it, gzipSync(answer(it.message.id)), { 'content-encoding': 'gzip' }),
  deflate: (it) => sendJson(it, deflateSync(answer(it.message.id)), { 'content-encoding': 'deflate' }),
  brotli: (it) => sendJson(it, brotliCompressSync(answer(it.message.id)), { 'content-encoding': 'br' }),
  gzip_events: ({ response, message }) => {
    const headers = { ...eventType, 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(gzipSync(`data: ${answer(message.id)}\n\n`));
  },
  gzip_bomb: (it) => sendJson(it, bomb, { 'content-encoding': 'gzip' }),
  gzip_broken: (it) => sendJson(it, 'not gzip at all', { 'content-encoding': 'gzip' }),
  strange_encoding: (it) => sendJson(it, 'anything', { 'content-encoding': 'rot13' }),
  events_two: (it) =>
    sendEvents(it, `data: ${answer(it.message.id, 'first')}\n\ndata: ${answer(it.message.id, 'second')}\n\n`),
  events_foreign_first: (it) =>
    sendEvents(
      it,
      `data: ${answer(1, 'foreign')}\n\ndata: ${answer('7')}\n\ndata: ${answer(it.message.id, 'own')}\n\n`,
    ),
  events_none: (it) => sendEvents(it, ': only a comment\n\n'),
  events_half: (it) => sendEvents(it, `data: ${answer(it.message.id).slice(0, 20)}`),
  events_garbage: (it) => sendEvents(it, 'data: garbage\n\n'),
  events_odd: (it) =>
    sendEvents(
      it,
      `\uFEFF: odd but right\r\rid: 1\revent: message\r\ndata: {"jsonrpc":"2.0",\ndata:"id":${String(it.message.id)},"result":{}}\r\n\r\n`,
    ),
  events_cut_off: ({ response }) => {
    response.writeHead(200, eventType);
    response.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n', () =>
      response.destroy(),
    );
  },
  events_endless: ({ response, message }) => {
    response.writeHead(200, eventType).write(`data: ${answer(message.id)}\n\n`);
  },
  events_resumable: (it) => sendEvents(it, `id: resume-${String(it.message.id)}\nretry: 50\ndata:\n\n`),
  events_forgotten: (it) => sendEvents(it, 'id: forgotten\nretry: 0\ndata:\n\n'),
  events_progress: (it) => {
    const progress = (token: unknown): string =>
      `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1,"progressToken":${JSON.stringify(token)}}}\n\n`;
    const token = it.message.params?._meta?.progressToken ?? 0;
    const tokens = [token + 1, String(token), null, 1, token];
    sendEvents(it, `${tokens.map(progress).join('')}data: ${answer(it.message.id)}\n\n`);
  },
  events_ping_flood: (it) => {
    const pings = Array.from(
      { length: 1_000 },
      (_, i) => `data: {"jsonrpc":"2.0","id":"p${i}","method":"ping"}\n\n`,
    );
    sendEvents(it, `${pings.join('')}data: ${answer(it.message.id)}\n\n`);
  },
  /** Says what the call gives it, `$ID` for the call's own id, then answers. */
  events_say: (it, args) => {
    const { response, message } = it;
    response.writeHead(200, eventType);
    for (const text of args.messages as string[]) {
      response.write(`data: ${text.replaceAll('$ID', String(message.id))}\n\n`);
    }
    setTimeout(() => response.end(`data: ${answer(message.id)}\n\n`), 100).unref();
  },
  redirect: (it, args) => {
    if (it.request.url !== '/mcp') sendJson(it, answer(it.message.id));
    else it.response.writeHead(Number(args.status), { location: String(args.location) }).end();
  },
};
