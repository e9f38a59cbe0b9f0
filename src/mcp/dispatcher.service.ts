import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import { toGatewayError } from '../http/gateway-exception.filter.js';
import type { Exchange } from './exchange.js';
import { LifecycleHandlers } from './handlers/lifecycle.handlers.js';
import { ListHandlers } from './handlers/list.handlers.js';
import { LoggingHandlers } from './handlers/logging.handlers.js';
import { PassThroughHandlers } from './handlers/pass-through.handlers.js';
import { ResourceHandlers } from './handlers/resource.handlers.js';
import { ToolCallHandler } from './handlers/tool-call.handler.js';
import type { McpSession } from './mcp-session.js';
import { RpcContext, type MessageOrigin, type RpcHandler } from './rpc-context.js';
import {
  isId,
  type ParsedBody,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
} from './rpc-message.js';
import { UpstreamRpcError } from './upstream-rpc-error.js';

/** Hands each message of a legacy session to what answers it. */
@Injectable()
export class Dispatcher {
  readonly #handlers: ReadonlyMap<string, RpcHandler>;

  constructor(
    lifecycle: LifecycleHandlers,
    lists: ListHandlers,
    toolCall: ToolCallHandler,
    passThrough: PassThroughHandlers,
    resources: ResourceHandlers,
    logging: LoggingHandlers,
  ) {
    this.#handlers = new Map<string, RpcHandler>([
      ['initialize', (context) => lifecycle.initialize(context)],
      ['ping', () => lifecycle.ping()],
      ['tools/list', (context) => lists.list('tools', context)],
      ['tools/call', (context) => toolCall.call(context)],
      ['prompts/list', (context) => lists.list('prompts', context)],
      ['prompts/get', (context) => passThrough.getPrompt(context)],
      ['resources/list', (context) => lists.list('resources', context)],
      ['resources/templates/list', (context) => lists.list('resourceTemplates', context)],
      ['resources/read', (context) => passThrough.readResource(context)],
      ['resources/subscribe', (context) => resources.subscribe(context)],
      ['resources/unsubscribe', (context) => resources.unsubscribe(context)],
      ['completion/complete', (context) => passThrough.complete(context)],
      ['logging/setLevel', (context) => logging.setLevel(context)],
    ]);
  }

  /** A message of any kind, in a POST that waits for answers. */
  dispatch(session: McpSession, message: RpcMessage, exchange: Exchange, origin: MessageOrigin): void {
    if (message.kind === 'request') this.#request(new RpcContext(session, message, exchange, origin));
    else if (message.kind === 'invalid') exchange.fail(message.id, { code: -32600, message: message.reason });
    else this.receive(session, message);
  }

  /** A message that nobody waits for an answer to. */
  receive(session: McpSession, message: RpcMessage): void {
    if (message.kind === 'notification') notified(session, message);
    else if (message.kind === 'response') session.answered(message);
  }

  #request(context: RpcContext): void {
    const { session, message, exchange } = context;
    const handler = this.#handlers.get(message.method);
    if (handler === undefined) {
      exchange.fail(message.id, { code: -32601, message: `Method not found: ${message.method}` });
      return;
    }
    if (!session.begin(message.id, context)) {
      exchange.fail(message.id, { code: -32600, message: 'A request with this id is under way already.' });
      return;
    }
    exchange.own(context);
    let answer;
    try {
      answer = handler(context);
    } catch (error) {
      failed(context, error);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (result) => {
          session.finish(message.id);
          exchange.reply(message.id, result);
        },
        (error: unknown) => failed(context, error),
      );
      return;
    }
    session.finish(message.id);
    exchange.reply(message.id, answer);
  }
}

function failed(context: RpcContext, thrown: unknown): void {
  const { session, message, exchange } = context;
  session.finish(message.id);
  if (context.isCancelled) {
    exchange.abandon(message.id);
    return;
  }
  if (thrown instanceof UpstreamRpcError) {
    exchange.fail(message.id, thrown.error);
    return;
  }
  context.fail(toGatewayError(thrown));
}

function notified(session: McpSession, { method, params }: RpcNotification): void {
  if (method === 'notifications/roots/list_changed') session.links.notify(method, '{}');
  if (method !== 'notifications/cancelled') return;
  const { requestId, reason } = params;
  if (isId(requestId))
    session.cancel(requestId, typeof reason === 'string' ? reason : 'cancelled by the client');
}

/** Every request and unreadable message needs an answer; notifications and responses need none. */
export function needsAnswer(message: RpcMessage): boolean {
  return message.kind === 'request' || message.kind === 'invalid';
}

/** The `initialize` that opens a session, or null. It stands alone (MCP 2025-03-26 lifecycle, "Initialization"). */
export function openingRequest({ isBatch, messages }: ParsedBody): RpcRequest | null {
  const opening = messages.find(isOpening);
  if (opening !== undefined && isBatch) {
    throw new GatewayError('INVALID_REQUEST', { message: 'initialize must not be part of a batch.' });
  }
  return opening ?? null;
}

const isOpening = (message: RpcMessage): message is RpcRequest =>
  message.kind === 'request' && message.method === 'initialize';
