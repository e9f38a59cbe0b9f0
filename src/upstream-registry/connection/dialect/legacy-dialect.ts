import type { JsonBytes, RpcErrorObject } from '../../../core/rpc.js';
import type { UpstreamNotification } from '../../upstream.js';
import { ClientRequests } from '../client-requests.js';
import type { Connection } from '../connection.js';
import type { ConnectionPeer } from '../connection-peer.js';
import type { PendingCall } from '../pending-call.js';
import type { Dialect } from './dialect.js';
import { isVersionRefused } from './modern-errors.js';

/** How long a client may take with one question of an upstream. */
const patienceMs = 300_000;

/** Revisions up to 2025-11-25: a session, opened by `initialize`, in which both sides ask. */
export class LegacyDialect implements Dialect {
  readonly era = 'legacy';
  readonly #clientRequests: ClientRequests;

  constructor(
    private readonly connection: Connection,
    private readonly peer: ConnectionPeer,
  ) {
    this.#clientRequests = new ClientRequests(
      (method, paramsJson, signal) => this.#ask(method, paramsJson, signal),
      (body) => connection.transport.send(body),
    );
  }

  dispatch(call: PendingCall): void {
    const { id, request } = call;
    const method = JSON.stringify(request.method);
    const body = `{"jsonrpc":"2.0","id":${id},"method":${method},"params":${request.encodeParams(id)}}`;
    this.connection.transport.request({ id, body, headers: request.headers, stateless: undefined });
  }

  withdraw(call: PendingCall, reason: string): void {
    // The specification forbids cancelling `initialize`.
    if (!this.connection.isEstablished) return;
    void this.connection.notify('notifications/cancelled', JSON.stringify({ requestId: call.id, reason }));
  }

  onResult(call: PendingCall, result: JsonBytes): void {
    call.succeed({ kind: 'result', result });
  }

  onError(call: PendingCall, error: RpcErrorObject): void {
    // Another program answers now, one that knows no sessions.
    if (isVersionRefused(error) && this.connection.isEstablished) this.connection.forsake(call);
    else call.succeed({ kind: 'error', error });
  }

  leavesIdsOut(): boolean {
    return false;
  }

  onRequest(method: string, idJson: string, paramsJson: string): void {
    this.#clientRequests.answer(method, idJson, paramsJson);
  }

  onCancelled(paramsJson: string): void {
    this.#clientRequests.cancel(paramsJson);
  }

  onNotification(notification: UpstreamNotification, call: PendingCall | undefined): void {
    const isOfNobody = notification.method === 'notifications/resources/updated';
    const listener = isOfNobody ? undefined : call?.request.onNotification;
    if (listener === undefined) this.peer.onNotification(notification);
    else listener(notification);
  }

  onStreamEnd(): boolean {
    return false;
  }

  isMistaken(): boolean {
    return false;
  }

  listen(): void {
    this.connection.transport.listen();
  }

  close(): void {
    this.#clientRequests.abort();
  }

  /** While the client is asked the upstream is not to blame for the time that passes. */
  async #ask(method: string, paramsJson: string, signal: AbortSignal): Promise<string> {
    const waiting = this.connection.calls();
    const askedAt = performance.now();
    for (const call of waiting) call.deadlineAt += patienceMs;
    try {
      return await this.peer.answerRequest(method, paramsJson, signal);
    } finally {
      const spentMs = Math.min(performance.now() - askedAt, patienceMs);
      for (const call of waiting) call.deadlineAt -= patienceMs - spentMs;
    }
  }
}
