import { asBuffer } from '../core/json-bytes.js';
import type { ClientFeatures } from '../core/client-features.js';
import { GatewayError } from '../core/errors.js';
import { membersOf } from '../core/json-object.js';
import { spliceMembers, type JsonMembers } from '../core/json-scanner.js';
import { missingFeature } from '../core/missing-feature.js';
import type { JsonBytes, RpcErrorObject, RpcId } from '../core/rpc.js';
import type { InputPath } from '../gateway/upstream-types.js';
import {
  toJsonBytes,
  type Cancellable,
  type Exchange,
  type HttpAnswer,
  type ResultJson,
} from './exchange.js';
import { passInterim, urlQuestions } from './interim-result.js';
import type { PostExchange } from './post-exchange.js';
import { isObject } from './rpc-message.js';

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

export interface ModernExchangeOptions {
  readonly features: ClientFeatures;
  /** What the upstream of the last answer had given out as its state; undefined: nothing. */
  readonly upstreamState: string | undefined;
  /** An upstream's state as the client gets it. */
  readonly seal: (state: string) => string;
  /** Keeps the call and gives the state for the client to echo. */
  readonly park: (exchange: ModernExchange) => string;
  /** The last answer is out. */
  readonly onEnd: () => void;
}

/** Answers of the stateless era: results say of what type they are, and an upstream's questions end the POST. */
export class ModernExchange implements Exchange {
  readonly retry: { readonly input: InputPath; readonly stateJson: string | undefined };
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
    private readonly options: ModernExchangeOptions,
  ) {
    const { features, upstreamState, seal } = options;
    this.#target = target;
    this.retry = {
      input: { kind: 'passed', pass: (result) => passInterim(result, features, seal) },
      stateJson: upstreamState === undefined ? undefined : JSON.stringify(upstreamState),
    };
  }

  own(call: Cancellable): void {
    this.#calls.push(call);
    this.#target?.post.own(call);
  }

  reply(_id: RpcId, result: ResultJson): void {
    const members = resultMembers[this.method] ?? complete;
    const json = withMembers(toJsonBytes(result), members, this.method === 'resources/read');
    this.#finish(({ post, id }) => post.reply(id, json));
  }

  fail(_id: RpcId | null, error: RpcErrorObject, http?: HttpAnswer): void {
    const questions = urlQuestions(error);
    if (questions !== null && this.options.features.elicitationUrl) {
      const interim = JSON.stringify({ resultType: 'input_required', inputRequests: questions });
      this.#finish(({ post, id }) => post.reply(id, interim));
      return;
    }
    const told = questions === null ? error : missingUrlElicitation();
    // A resource that is not there is a wrong parameter since this revision.
    const code = told.code === -32002 ? -32602 : told.code;
    this.#finish(({ post, id }) => post.fail(id, { ...told, code }, http ?? { status: statusOf(code) }));
  }

  notify(method: string, paramsJson: string): void {
    this.#target?.post.notify(method, paramsJson);
  }

  abandon(): void {
    this.#finish(({ post }) => post.abandon());
  }

  /** A question of an upstream of the other era. The client gets it as the call's result, and answers it with a retry. */
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

  /** Goes on with a parked call on the retry's response. What the client did not answer it is asked once more. */
  resume(target: Target, inputResponses: unknown): void {
    this.#target = target;
    for (const call of this.#calls) target.post.own(call);
    const responses = isObject(inputResponses) ? inputResponses : {};
    for (const [key, question] of this.#questions) {
      const response = Object.hasOwn(responses, key) ? responses[key] : undefined;
      if (!isObject(response)) continue;
      this.#questions.delete(key);
      question.resolve(JSON.stringify(response));
    }
    const early = this.#early;
    this.#early = null;
    if (early !== null) early(target);
    else this.#sendQuestions();
  }

  /** Calls a parked call off. */
  abandonParked(reason: string): void {
    this.#refuseQuestions();
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
      this.#refuseQuestions(error instanceof Error ? error : new Error('parking failed'));
    }
  }

  #refuseQuestions(why?: Error): void {
    if (this.#questions.size === 0) return;
    const reason = why ?? new GatewayError('CANCELLED');
    for (const question of this.#questions.values()) question.reject(reason);
    this.#questions.clear();
  }

  #finish(answer: (target: Target) => void): void {
    const finish = (target: Target): void => {
      answer(target);
      // What the upstream still wants to know nobody will say any more.
      this.#refuseQuestions();
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

function missingUrlElicitation(): RpcErrorObject {
  const { definition, message, details } = missingFeature('elicitationUrl', 'elicitation/create', null);
  return { code: definition.rpcCode, message, data: { ...details.data } };
}

/**
 * The result's bytes with members put in front, unless its upstream is of this era and wrote its own. What an upstream
 * lets everybody keep is still not for everybody who asks the gateway.
 */
function withMembers(result: JsonBytes, members: string, isCacheable: boolean): JsonBytes {
  const own = membersWithType(result);
  if (own !== null && isCacheable) return keptPrivate(result, own);
  const [first, ...rest] = result.chunks;
  if (own !== null || first === undefined) return result;
  const opening = first.indexOf(0x7b) + 1;
  const tail = first.subarray(opening);
  const isEmpty = /^\s*\}/.test(asBuffer(tail).toString('latin1', 0, 64)) && rest.length === 0;
  const head = headOf(isEmpty ? `{${members}` : `{${members},`);
  return { chunks: [head, tail, ...rest], byteLength: head.length + result.byteLength - opening };
}

const heads = new Map<string, Buffer>();

/** The same few texts begin every result. */
function headOf(text: string): Buffer {
  let head = heads.get(text);
  if (head === undefined) heads.set(text, (head = Buffer.from(text)));
  return head;
}

/** The members of a result that says of what type it is; null for one that does not. */
function membersWithType(result: JsonBytes): JsonMembers | null {
  const [first] = result.chunks;
  // A native search spares our own long lists the scan.
  const isOneUnread = result.members === undefined && result.chunks.length === 1 && first !== undefined;
  if (isOneUnread && !asBuffer(first).includes('"resultType"')) return null;
  const members = membersOf(result);
  return members.has('resultType') ? members : null;
}

function keptPrivate(result: JsonBytes, members: JsonMembers): JsonBytes {
  const bytes = Buffer.concat(result.chunks);
  const hints = { cacheScope: '"private"', ...(members.has('ttlMs') ? {} : { ttlMs: '0' }) };
  const text = Buffer.from(spliceMembers(bytes, members, hints));
  return { chunks: [text], byteLength: text.length };
}
