import { asBuffer } from '../core/json-bytes.js';
import { GatewayError } from '../core/errors.js';
import { JsonObjectScanner } from '../core/json-scanner.js';
import type { JsonBytes, RpcErrorObject, RpcId } from '../core/rpc.js';
import {
  toJsonBytes,
  type Cancellable,
  type Exchange,
  type HttpAnswer,
  type ResultJson,
} from './exchange.js';
import { responseTo } from './parked-calls.service.js';
import type { PostExchange } from './post-exchange.js';

/** How long a client may keep a list: it is told of changes only while it listens. */
const listTtlMs = 5_000;

const complete = '"resultType":"complete"';
const cacheable = `${complete},"ttlMs":${listTtlMs},"cacheScope":"private"`;
/** What was read is the upstream's to date: it is handed on as already stale. */
const uncached = `${complete},"ttlMs":0,"cacheScope":"private"`;

/** Members that the stateless era adds to a method's result (MCP 2026-07-28: resultType, caching hints). */
export const resultMembers: Readonly<Record<string, string>> = {
  'server/discover': cacheable,
  'tools/list': cacheable,
  'prompts/list': cacheable,
  'resources/list': cacheable,
  'resources/templates/list': cacheable,
  'resources/read': uncached,
  'tools/call': complete,
  'prompts/get': complete,
  'completion/complete': complete,
};

interface Question {
  readonly method: string;
  readonly paramsJson: string;
  resolve(responseJson: string): void;
  reject(error: Error): void;
}

/** Where a call's answer goes now: its first POST, or the retry that brought the input. */
interface Target {
  readonly post: PostExchange;
  readonly id: RpcId;
}

/** Answers of the stateless era: results say of what type they are, and an upstream's questions end the POST. */
export class ModernExchange implements Exchange {
  #target: Target | null;
  readonly #calls: Cancellable[] = [];
  readonly #questions = new Map<string, Question>();
  #questionCount = 0;
  #isAsking = false;
  /** Kept when it came while nobody was there to take it. */
  #early: ((target: Target) => void) | null = null;

  constructor(
    target: Target,
    private readonly method: string,
    private readonly options: {
      /** Keeps the call and gives the state for the client to echo. */
      readonly park: (exchange: ModernExchange) => string;
      /** The last answer is out. */
      readonly onEnd: () => void;
    },
  ) {
    this.#target = target;
  }

  own(call: Cancellable): void {
    this.#calls.push(call);
    this.#target?.post.own(call);
  }

  reply(_id: RpcId, result: ResultJson): void {
    const json = withMembers(toJsonBytes(result), resultMembers[this.method] ?? complete);
    this.#finish(({ post, id }) => post.reply(id, json));
  }

  fail(_id: RpcId | null, error: RpcErrorObject, http: HttpAnswer = { status: statusOf(error.code) }): void {
    // A resource that is not there is a wrong parameter since this revision.
    const code = error.code === -32002 ? -32602 : error.code;
    this.#finish(({ post, id }) => post.fail(id, { ...error, code }, http));
  }

  notify(method: string, paramsJson: string): void {
    this.#target?.post.notify(method, paramsJson);
  }

  abandon(): void {
    this.#finish(({ post }) => post.abandon());
  }

  /** An upstream's question. The client gets it as the call's result, and answers it with a retry. */
  ask(method: string, paramsJson: string, signal: AbortSignal): Promise<string> {
    const key = `input-${++this.#questionCount}`;
    return new Promise((resolve, reject) => {
      this.#questions.set(key, { method, paramsJson, resolve, reject });
      signal.addEventListener('abort', () => {
        if (this.#questions.delete(key)) reject(new GatewayError('CANCELLED'));
      });
      if (this.#isAsking) return;
      this.#isAsking = true;
      // Questions that come together go out together.
      setImmediate(() => this.#sendQuestions());
    });
  }

  /** Goes on with a parked call on the retry's response. Throws INVALID_PARAMS when a question stays unanswered. */
  resume(target: Target, inputResponses: unknown): void {
    const answers = [...this.#questions].map(([key, question]) => ({
      question,
      json: responseTo(inputResponses, key),
    }));
    this.#questions.clear();
    this.#target = target;
    for (const call of this.#calls) target.post.own(call);
    for (const { question, json } of answers) question.resolve(json);
    const early = this.#early;
    this.#early = null;
    early?.(target);
  }

  /** Calls a parked call off. */
  abandonParked(reason: string): void {
    for (const question of this.#questions.values()) question.reject(new GatewayError('CANCELLED'));
    this.#questions.clear();
    for (const call of this.#calls) call.cancel(reason);
    this.options.onEnd();
  }

  #sendQuestions(): void {
    this.#isAsking = false;
    const target = this.#target;
    if (target === null || this.#questions.size === 0) return;
    this.#target = null;
    try {
      const state = this.options.park(this);
      const requests = [...this.#questions].map(
        ([key, { method, paramsJson }]) =>
          `${JSON.stringify(key)}:{"method":${JSON.stringify(method)},"params":${paramsJson}}`,
      );
      const members = `"inputRequests":{${requests.join(',')}},"requestState":${JSON.stringify(state)}`;
      target.post.reply(target.id, `{"resultType":"input_required",${members}}`);
    } catch (error) {
      this.#target = target;
      const reason = error instanceof Error ? error : new Error('parking failed');
      for (const question of this.#questions.values()) question.reject(reason);
      this.#questions.clear();
    }
  }

  #finish(answer: (target: Target) => void): void {
    const finish = (target: Target): void => {
      answer(target);
      this.options.onEnd();
    };
    if (this.#target === null) this.#early = finish;
    else finish(this.#target);
  }
}

function statusOf(code: number): number {
  if (code === -32601) return 404;
  return code === -32021 ? 400 : 200;
}

/** The result's bytes with members put in front, unless its upstream is of this era and wrote its own. */
function withMembers(result: JsonBytes, members: string): JsonBytes {
  if (saysResultType(result)) return result;
  const [first, ...rest] = result.chunks;
  if (first === undefined) return result;
  const opening = first.indexOf(0x7b) + 1;
  const tail = first.subarray(opening);
  const isEmpty = /^\s*\}/.test(asBuffer(tail).toString('latin1', 0, 64)) && rest.length === 0;
  const head = Buffer.from(`{${members}${isEmpty ? '' : ','}`);
  return { chunks: [head, tail, ...rest], byteLength: head.length + result.byteLength - opening };
}

function saysResultType(result: JsonBytes): boolean {
  if (!result.chunks.some((chunk) => asBuffer(chunk).includes('resultType'))) return false;
  const scanner = new JsonObjectScanner();
  for (const chunk of result.chunks) scanner.push(chunk);
  return scanner.end().has('resultType');
}
