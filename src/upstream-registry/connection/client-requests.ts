import { GatewayError } from '../../core/errors.js';
import type { RpcErrorObject } from '../../core/rpc.js';
import { ClientRefusal } from '../upstream.js';

/** Answers a request of the upstream with the JSON text of the result; rejects with GatewayError or ClientRefusal. */
export type AnswerRequest = (method: string, paramsJson: string, signal: AbortSignal) => Promise<string>;

/** Requests of one upstream under way at once; more are left unanswered, so that a flood costs us nothing. */
const maxUnderWay = 64;
const idSyntax = /^(?:-?[0-9]{1,20}|"(?:[^"\\]|\\.){0,256}")$/;

/** Requests that an upstream sends us: `ping` is ours to answer, the rest belongs to whoever owns the connection. */
export class ClientRequests {
  readonly #underWay = new Map<string, AbortController>();
  #sending = 0;

  constructor(
    private readonly answerRequest: AnswerRequest,
    private readonly send: (body: string) => Promise<unknown>,
  ) {}

  /** @param idJson the upstream's id, JSON text; given back as it came */
  answer(method: string, idJson: string, paramsJson: string): void {
    if (
      !idSyntax.test(idJson) ||
      this.#underWay.has(idJson) ||
      this.#underWay.size + this.#sending >= maxUnderWay
    )
      return;
    if (method === 'ping') {
      void this.#send(`{"jsonrpc":"2.0","id":${idJson},"result":{}}`);
      return;
    }
    const controller = new AbortController();
    this.#underWay.set(idJson, controller);
    void this.#answer(method, idJson, paramsJson, controller);
  }

  /** The upstream does not wait any more. */
  cancel(paramsJson: string): void {
    try {
      const params = JSON.parse(paramsJson) as { requestId?: unknown } | null;
      this.#underWay.get(JSON.stringify(params?.requestId))?.abort();
    } catch {
      // Not a cancellation of anything.
    }
  }

  abort(): void {
    for (const controller of this.#underWay.values()) controller.abort();
    this.#underWay.clear();
  }

  async #answer(
    method: string,
    idJson: string,
    paramsJson: string,
    controller: AbortController,
  ): Promise<void> {
    let answer: string;
    try {
      answer = `"result":${await this.answerRequest(method, paramsJson, controller.signal)}`;
    } catch (error) {
      answer = `"error":${JSON.stringify(toRpcError(error))}`;
    }
    this.#underWay.delete(idJson);
    if (!controller.signal.aborted) await this.#send(`{"jsonrpc":"2.0","id":${idJson},${answer}}`);
  }

  async #send(body: string): Promise<void> {
    this.#sending++;
    await this.send(body);
    this.#sending--;
  }
}

function toRpcError(error: unknown): RpcErrorObject {
  if (error instanceof ClientRefusal) return error.error;
  const known = error instanceof GatewayError ? error : new GatewayError('INTERNAL', {}, { cause: error });
  return { code: known.definition.rpcCode, message: known.message };
}
