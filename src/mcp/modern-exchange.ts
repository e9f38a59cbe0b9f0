import { asBuffer } from '../core/json-bytes.js';
import { JsonObjectScanner } from '../core/json-scanner.js';
import type { JsonBytes, RpcErrorObject, RpcId } from '../core/rpc.js';
import { toJsonBytes, type Cancellable, type Exchange, type ResultJson } from './exchange.js';
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

/** Answers of the stateless era: results say of what type they are, some errors have an HTTP status of their own. */
export class ModernExchange implements Exchange {
  constructor(
    private readonly post: PostExchange,
    private readonly method: string,
  ) {}

  own(call: Cancellable): void {
    this.post.own(call);
  }

  reply(id: RpcId, result: ResultJson): void {
    this.post.reply(id, withMembers(toJsonBytes(result), resultMembers[this.method] ?? complete));
  }

  fail(id: RpcId | null, error: RpcErrorObject): void {
    // A resource that is not there is a wrong parameter since this revision.
    const code = error.code === -32002 ? -32602 : error.code;
    this.post.fail(id, { ...error, code }, statusOf(code));
  }

  notify(method: string, paramsJson: string): void {
    this.post.notify(method, paramsJson);
  }

  abandon(): void {
    this.post.abandon();
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
