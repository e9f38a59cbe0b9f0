import { envelopeKey } from '../core/envelope.js';
import { GatewayError } from '../core/errors.js';
import type { RpcId } from '../core/rpc.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import type { SseStream } from '../http/sse-stream.js';
import { notificationText, resultPrefix } from './exchange.js';
import type { Listener } from './listener.js';
import type { McpSession } from './mcp-session.js';
import { isObject, parseObject } from './rpc-message.js';
import { serverInfo } from './server-description.js';

const maxUris = 1_000;

/** What a client opted in to (MCP 2026-07-28, SubscriptionFilter). */
export interface SubscriptionFilter {
  readonly toolsListChanged: boolean;
  readonly promptsListChanged: boolean;
  readonly resourcesListChanged: boolean;
  readonly resourceSubscriptions: readonly string[];
}

/** Throws INVALID_PARAMS. */
export function parseFilter(value: unknown): SubscriptionFilter {
  if (!isObject(value)) throw invalid('"notifications" must be an object.');
  const uris = value['resourceSubscriptions'] ?? [];
  if (!Array.isArray(uris) || !uris.every((uri): uri is string => typeof uri === 'string')) {
    throw invalid('"resourceSubscriptions" must be a list of URIs.');
  }
  if (uris.length > maxUris) throw invalid(`"resourceSubscriptions" may name at most ${maxUris} URIs.`);
  return {
    toolsListChanged: value['toolsListChanged'] === true,
    promptsListChanged: value['promptsListChanged'] === true,
    resourcesListChanged: value['resourcesListChanged'] === true,
    resourceSubscriptions: uris,
  };
}

const wantedBy: Readonly<Record<string, keyof SubscriptionFilter>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
  'notifications/resources/updated': 'resourceSubscriptions',
};

/** One open subscriptions/listen: passes on what was asked for, each message under the subscription's id. */
export class Subscription implements Listener {
  constructor(
    private readonly session: McpSession,
    private readonly stream: SseStream,
    private readonly id: RpcId,
    private readonly filter: SubscriptionFilter,
  ) {}

  get isListening(): boolean {
    return this.stream.isOpen;
  }

  get knownView(): PrincipalView | null {
    return this.session.knownView;
  }

  set knownView(view: PrincipalView | null) {
    this.session.knownView = view;
  }

  viewOrNull(): PrincipalView | null {
    return this.session.viewOrNull();
  }

  /** First message of the stream: what of the filter is honoured. */
  acknowledge(): void {
    const { resourceSubscriptions, ...flags } = this.filter;
    const asked = Object.entries(flags).filter(([, isWanted]) => isWanted);
    const notifications = {
      ...Object.fromEntries(asked),
      ...(resourceSubscriptions.length === 0 ? {} : { resourceSubscriptions }),
    };
    this.#send('notifications/subscriptions/acknowledged', { notifications });
  }

  notify(method: string, paramsJson: string): void {
    const wanted = wantedBy[method];
    if (wanted === undefined || this.filter[wanted] === false) return;
    this.#send(method, parseObject(paramsJson) ?? {});
  }

  /** Ends with the empty result, which is what tells an HTTP client that the end is orderly. */
  end(): void {
    const result = {
      resultType: 'complete',
      _meta: { [envelopeKey.subscriptionId]: this.id, [envelopeKey.serverInfo]: serverInfo },
    };
    this.stream.message(`${resultPrefix(this.id)}${JSON.stringify(result)}}`);
    this.stream.end();
  }

  #send(method: string, params: Readonly<Record<string, unknown>>): void {
    const meta = isObject(params['_meta']) ? params['_meta'] : {};
    const stamped = { ...params, _meta: { ...meta, [envelopeKey.subscriptionId]: this.id } };
    this.stream.message(notificationText(method, JSON.stringify(stamped)));
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('INVALID_PARAMS', { param: 'notifications', message });
}
