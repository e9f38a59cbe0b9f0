import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as the provider saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
  /** The other side closed the connection before the answer was complete. */
  aborted: boolean;
}

/** What the provider does with a request. */
export type Reply = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** A model provider on a real port that does what it is told and remembers what it was sent. */
export class MockProvider {
  readonly seen: SeenRequest[] = [];
  #script: Reply[] = [];
  #otherwise: Reply = completion({ content: 'Hello!' });

  private constructor(private readonly server: Server) {}

  static async start(port = 0): Promise<MockProvider> {
    const server = createServer({ noDelay: true });
    const provider = new MockProvider(server);
    server.on('request', (request, response) => void provider.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return provider;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get base(): string {
    return `${this.origin}/v1`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get last(): SeenRequest {
    const last = this.seen.at(-1);
    if (last === undefined) throw new Error('The provider was asked nothing.');
    return last;
  }

  /** Answers to the next requests, one each. */
  script(...replies: Reply[]): this {
    this.#script.push(...replies);
    return this;
  }

  /** The answer when the script is over. */
  otherwise(reply: Reply): this {
    this.#otherwise = reply;
    return this;
  }

  reset(): void {
    this.seen.length = 0;
    this.#script = [];
    this.#otherwise = completion({ content: 'Hello!' });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const seen: SeenRequest = {
      path: request.url ?? '',
      headers: request.headers,
      body,
      json: body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, unknown>),
      aborted: false,
    };
    response.on('close', () => (seen.aborted = !response.writableFinished));
    this.seen.push(seen);
    await (this.#script.shift() ?? this.#otherwise)(response, seen);
  }
}

export interface MockToolCall {
  readonly name: string;
  readonly arguments: string;
  readonly id?: string;
}

export interface MockCompletion {
  readonly content?: string | null;
  readonly toolCalls?: readonly MockToolCall[];
  readonly usage?: Record<string, unknown>;
}

const defaultUsage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** Answers with this text or these calls, streamed when the request asks for a stream. */
export function completion(answer: MockCompletion): Reply {
  return (response, request) =>
    request.json['stream'] === true
      ? events(...chunksOf(answer, request))(response, request)
      : json(wholeOf(answer))(response, request);
}

function callsOf(answer: MockCompletion): Record<string, unknown>[] {
  return (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${call.name}_${index}`,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
}

function wholeOf(answer: MockCompletion): Record<string, unknown> {
  const calls = callsOf(answer);
  const message = { role: 'assistant', content: answer.content ?? null };
  return {
    id: 'chatcmpl-mock',
    object: 'chat.completion',
    created: 1,
    model: 'mock',
    choices: [
      {
        index: 0,
        message: calls.length === 0 ? message : { ...message, tool_calls: calls },
        logprobs: null,
        finish_reason: calls.length === 0 ? 'stop' : 'tool_calls',
      },
    ],
    usage: answer.usage ?? defaultUsage,
  };
}

function chunksOf(answer: MockCompletion, request: SeenRequest): string[] {
  const options = request.json['stream_options'] as { include_usage?: boolean } | undefined;
  const withUsage = options?.include_usage === true;
  const nullUsage = withUsage ? { usage: null } : {};
  const head = { id: 'chatcmpl-mock', object: 'chat.completion.chunk', created: 1, model: 'mock' };
  const chunk = (delta: unknown, finish: string | null = null): string =>
    JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }], ...nullUsage });
  const calls = callsOf(answer);
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(answer.content ?? '')
      .split(/(?<= )/)
      .filter(Boolean)
      .map((content) => chunk({ content })),
    ...calls.flatMap((call, index) => {
      const { name, arguments: text } = call['function'] as { name: string; arguments: string };
      return [
        chunk({
          tool_calls: [{ index, id: call['id'], type: 'function', function: { name, arguments: '' } }],
        }),
        chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
      ];
    }),
    chunk({}, calls.length === 0 ? 'stop' : 'tool_calls'),
    ...(withUsage ? [JSON.stringify({ ...head, choices: [], usage: answer.usage ?? defaultUsage })] : []),
    '[DONE]',
  ];
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return raw(JSON.stringify(body), status, { 'Content-Type': 'application/json', ...headers });
}

export function raw(body: string | Buffer, status: number, headers: Record<string, string>): Reply {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** An error in OpenAI's shape. */
export function failure(status: number, message = 'no', headers: Record<string, string> = {}): Reply {
  return json({ error: { message, type: 'server_error', param: null, code: null } }, status, headers);
}

const streamHeaders = { 'Content-Type': 'text/event-stream; charset=utf-8' };

/** These `data` lines as events, each in a write of its own. */
export function events(...data: string[]): Reply {
  return (response) => {
    response.writeHead(200, streamHeaders);
    for (const text of data) response.write(`data: ${text}\n\n`);
    response.end();
  };
}

/** Exactly these pieces as a stream, with a pause after each; then the end, or the connection cut. */
export function pieces(
  parts: readonly (string | Buffer)[],
  options: { pauseMs?: number; cut?: boolean } = {},
): Reply {
  return async (response) => {
    response.writeHead(200, streamHeaders);
    for (const part of parts) {
      if (response.destroyed) return;
      response.write(part);
      if (options.pauseMs !== undefined) await sleep(options.pauseMs);
    }
    if (options.cut === true) response.destroy();
    else response.end();
  };
}

/** Takes the request and never says a word. */
export const silence: Reply = () => undefined;

/** Closes the connection without an answer. */
export const hangUp: Reply = (response) => {
  response.destroy();
};
