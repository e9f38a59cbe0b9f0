import type { ClientFeatures } from '../../../core/client-features.js';
import { envelopeKey } from '../../../core/envelope.js';
import { GatewayError } from '../../../core/errors.js';
import type { JsonBytes, RpcErrorObject } from '../../../core/rpc.js';
import type { RequestClient, UpstreamCall, UpstreamNotification, UpstreamRequest } from '../../upstream.js';
import { TransportFault } from '../../transports/transport-fault.js';
import type { CallTable } from '../call-table.js';
import type { Connection } from '../connection.js';
import type { ConnectionPeer } from '../connection-peer.js';
import type { PendingCall } from '../pending-call.js';
import { ChangeStream, type ChangeFilter } from './change-stream.js';
import type { Dialect } from './dialect.js';
import { InputRound } from './input-round.js';
import { LaterCall } from './later-call.js';
import { mirroredHeaders, withoutMirrored } from './mirrored-headers.js';
import { isRequestRefused, isVersionRefused, modernErrorCode } from './modern-errors.js';
import { readTool } from './read-tool.js';
import { withEnvelope } from './request-envelope.js';
import { resultTypeOf } from './result-type.js';

export interface ModernSetup {
  readonly upstream: string;
  readonly connection: Connection;
  readonly calls: CallTable;
  readonly peer: ConnectionPeer;
  /** What the owner of the connection can do, for requests that name no client of their own. */
  readonly features: ClientFeatures;
}

const emptyResult: JsonBytes = { chunks: [Buffer.from('{}')], byteLength: 2 };

/**
 * Revision 2026-07-28: each request stands for itself and says who asks; an upstream asks back in its answer and tells
 * of changes on a stream that was asked for.
 */
export class ModernDialect implements Dialect {
  readonly era = 'modern';
  readonly #owner: RequestClient;
  /** Whether each request has a stream of its own, the end of which calls it off. */
  readonly #hasOwnStreams: boolean;
  #changes: ChangeStream | null = null;
  #lists: Omit<ChangeFilter, 'resourceSubscriptions'> = {};

  constructor(private readonly setup: ModernSetup) {
    const { connection, peer, features } = setup;
    this.#hasOwnStreams = !connection.transport.hasSharedAnswers;
    this.#owner = { features, logLevel: null, input: { kind: 'asked', ask: peer.answerRequest } };
  }

  dispatch(call: PendingCall): void {
    const { request } = call;
    switch (request.method) {
      case 'ping':
        // There is no ping; the smallest request there is shows the same.
        this.#send(call.id, { ...request, method: 'server/discover' });
        break;
      case 'logging/setLevel':
        call.succeed({ kind: 'result', result: emptyResult });
        break;
      case 'resources/subscribe':
        void this.#subscribe(call);
        break;
      case 'resources/unsubscribe':
        this.#changes?.unsubscribe(uriOf(call));
        call.succeed({ kind: 'result', result: emptyResult });
        break;
      default:
        this.#send(call.id, request);
    }
  }

  withdraw(call: PendingCall, reason: string): void {
    if (!this.#hasOwnStreams) this.#cancel(call.id, reason);
  }

  onResult(call: PendingCall, result: JsonBytes): void {
    const type = resultTypeOf(result);
    if (type === 'complete') call.succeed({ kind: 'result', result });
    else if (type === 'input_required') this.#onInterim(call, result);
    else call.fail(new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream: this.setup.upstream }));
  }

  onError(call: PendingCall, error: RpcErrorObject): void {
    const { connection } = this.setup;
    if (isVersionRefused(error) && connection.isEstablished) connection.forsake(call);
    else if (error.code === modernErrorCode.headerMismatch) {
      call.continueAs(new LaterCall(() => this.#withFreshTool(call.request)));
    } else call.succeed({ kind: 'error', error });
  }

  leavesIdsOut(error: RpcErrorObject): boolean {
    return isRequestRefused(error);
  }

  onRequest(): void {
    // An upstream of this era asks in its answers; there is no way to answer this.
  }

  onCancelled(paramsJson: string): void {
    const { requestId } = parsed(paramsJson);
    if (typeof requestId === 'number') this.#changes?.onEnd(requestId, true);
  }

  onNotification({ method, paramsJson }: UpstreamNotification, call: PendingCall | undefined): void {
    if (method === 'notifications/message') this.#onLog({ method, paramsJson }, call);
    else if (method === 'notifications/subscriptions/acknowledged') {
      const { _meta: meta, notifications } = parsed(paramsJson);
      this.#changes?.onAcknowledged(Number(asObject(meta)[envelopeKey.subscriptionId]), notifications);
    } else if (method === 'notifications/resources/updated') {
      this.setup.peer.onNotification({ method, paramsJson: withoutSubscription(paramsJson) });
    } else call?.request.onNotification?.({ method, paramsJson });
  }

  onStreamEnd(id: number, fault: TransportFault | null): boolean {
    return this.#changes?.onEnd(id, fault === null) ?? false;
  }

  isMistaken(fault: TransportFault): boolean {
    return fault.isRefusal;
  }

  /** @param capabilities the upstream's, as `server/discover` told them */
  discovered(capabilities: Readonly<Record<string, unknown>>): void {
    const tells = (list: string): boolean => asObject(capabilities[list])['listChanged'] === true;
    this.#lists = {
      ...(tells('tools') ? { toolsListChanged: true as const } : {}),
      ...(tells('prompts') ? { promptsListChanged: true as const } : {}),
      ...(tells('resources') ? { resourcesListChanged: true as const } : {}),
    };
  }

  listen(): void {
    const { upstream, connection, peer, calls } = this.setup;
    this.#changes = new ChangeStream(upstream, this.#lists, {
      open: (filter) => {
        const id = calls.nextId();
        const params = JSON.stringify({ notifications: filter });
        this.#send(id, { method: 'subscriptions/listen', encodeParams: () => params });
        return id;
      },
      cancel: (id) => {
        if (!this.#hasOwnStreams) this.#cancel(id, 'Not wanted any more');
        connection.transport.abandon(id);
      },
      onBroken: () => connection.onSuspicion(),
      onGap: () => peer.onListChanged('tools'),
    });
    this.#changes.start();
  }

  close(): void {
    this.#changes?.close();
  }

  #send(id: number, request: UpstreamRequest): void {
    const { features, logLevel } = request.client ?? this.#owner;
    const { method } = request;
    const params = request.encodeParams(id);
    const stateless = this.#hasOwnStreams ? mirroredHeaders(request, params) : undefined;
    const headers = stateless === undefined ? undefined : withoutMirrored(request.headers, stateless);
    const body = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${withEnvelope(params, features, logLevel)}}`;
    this.setup.connection.transport.request({ id, body, headers, stateless });
  }

  /**
   * The upstream missed headers, so the tool's schema is not what it was. The request did not run: it is made once more
   * if the schema asks for other headers now. The client's own headers were right in any case.
   */
  async #withFreshTool(request: UpstreamRequest): Promise<UpstreamCall> {
    const { upstream, connection, calls, peer } = this.setup;
    const { tool } = request;
    const fresh = tool === undefined ? null : await readTool(connection, calls, tool.name);
    peer.onListChanged('tools');
    if (fresh === null || fresh.json === tool?.json) {
      throw new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream });
    }
    return peer.request({ ...request, tool: fresh });
  }

  #cancel(id: number, reason: string): void {
    void this.setup.connection.notify('notifications/cancelled', JSON.stringify({ requestId: id, reason }));
  }

  #onInterim(call: PendingCall, result: JsonBytes): void {
    const { upstream, peer } = this.setup;
    const client = call.request.client ?? this.#owner;
    const { input } = client;
    if (input.kind === 'asked') {
      const round = new InputRound(upstream, call.request, client, input, (request) => peer.request(request));
      call.continueAs(new LaterCall((signal) => round.run(result, signal)));
      return;
    }
    try {
      call.succeed({ kind: 'result', result: input.pass(result) });
    } catch (error) {
      const isKnown = error instanceof GatewayError;
      call.fail(
        isKnown ? error : new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream }, { cause: error }),
      );
    }
  }

  /** Without streams of their own, messages are a request's only if no other could have caused them. */
  #onLog(notification: UpstreamNotification, call: PendingCall | undefined): void {
    let cause = call;
    if (!this.#hasOwnStreams) {
      const wanting = this.setup.connection
        .calls()
        .filter(({ request }) => (request.client?.logLevel ?? null) !== null);
      cause = wanting.length === 1 ? wanting[0] : undefined;
    }
    cause?.request.onNotification?.(notification);
  }

  async #subscribe(call: PendingCall): Promise<void> {
    try {
      const isHonoured = (await this.#changes?.subscribe(uriOf(call))) === true;
      if (isHonoured) call.succeed({ kind: 'result', result: emptyResult });
      else
        call.succeed({
          kind: 'error',
          error: { code: -32601, message: 'Method not found: resources/subscribe' },
        });
    } catch (error) {
      call.fail(TransportFault.of(error, 'call').toGatewayError(this.setup.upstream));
    }
  }
}

type Params = Readonly<Record<string, unknown>>;

function parsed(paramsJson: string): Params {
  try {
    return asObject(JSON.parse(paramsJson));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Params {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function uriOf(call: PendingCall): string {
  return String(parsed(call.request.encodeParams(call.id))['uri']);
}

/** The id of our subscription is nobody else's business. */
function withoutSubscription(paramsJson: string): string {
  const { _meta: meta, ...params } = parsed(paramsJson);
  const rest = Object.entries(asObject(meta)).filter(([name]) => name !== envelopeKey.subscriptionId);
  return JSON.stringify(rest.length === 0 ? params : { ...params, _meta: Object.fromEntries(rest) });
}
