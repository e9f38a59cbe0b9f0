import type { RejectedDefinition } from '../../core/catalog.js';
import { scanObject } from '../../core/json-object.js';
import { JsonSyntaxError } from '../../core/json-scanner.js';
import type { JsonRange } from '../../core/json-members.js';
import type { RpcOutcome } from '../../core/rpc.js';
import type { DefinitionLimits } from '../../core/tool-definition.js';
import { TransportFault } from '../transports/transport-fault.js';
import { arrayElements } from './array-elements.js';
import type { DefinitionList } from './definition-checks.js';

export interface ListLimits extends DefinitionLimits {
  readonly pages: number;
  /** For all pages of one list together. */
  readonly timeoutMs: number;
}

/** Definitions of one list, and their JSON text together. Beyond them an upstream is not a list but a flood. */
const maxDefinitions = 10_000;
const maxListBytes = 32 * 1024 * 1024;
const maxNameShown = 128;
const methodNotFound = -32601;

/** A definition that may go into the catalog. */
export interface ReadDefinition {
  readonly key: string;
  readonly json: string;
}

export interface ReadList {
  readonly definitions: readonly ReadDefinition[];
  readonly rejected: readonly RejectedDefinition[];
  /** Why it is only the beginning of a list that did not end; null: the list is whole. */
  readonly cutBecause: string | null;
}

/** Asks for one page; `timeoutMs` is what is left of the time of the whole list. */
export type AskPage = (method: string, paramsJson: string, timeoutMs: number) => Promise<RpcOutcome>;

/**
 * Reads one list, page by page and definition by definition: what is bad stays out with a reason, the rest stays in.
 * A list that does not end is cut at the limits. Rejects with a TransportFault when it cannot be read at all.
 */
export async function readList(list: DefinitionList, ask: AskPage, limits: ListLimits): Promise<ReadList> {
  const deadlineAt = performance.now() + limits.timeoutMs;
  const collected = new CollectedList(list, limits);
  let cursor: string | null = null;
  for (let page = 0; page < limits.pages; page++) {
    const leftMs = deadlineAt - performance.now();
    if (leftMs <= 0) return collected.cut(`The list took longer than ${limits.timeoutMs} ms`);
    const params = cursor === null ? '{}' : `{"cursor":${JSON.stringify(cursor)}}`;
    let outcome: RpcOutcome;
    try {
      outcome = await ask(list.method, params, leftMs);
    } catch (error) {
      const fault = TransportFault.of(error, 'list');
      if (page === 0 || fault.code !== 'UPSTREAM_TIMEOUT') throw fault;
      return collected.cut(`The list took longer than ${limits.timeoutMs} ms`);
    }
    if (outcome.kind === 'error') {
      if (page === 0 && outcome.error.code === methodNotFound) return collected.whole();
      throw invalid(`answered ${list.method} with an error`);
    }
    const next: string | null = collected.addPage(Buffer.concat(outcome.result.chunks));
    if (collected.isFull) return collected.cut('The list is too large');
    if (next === null || next === cursor) return collected.whole();
    cursor = next;
  }
  return collected.cut(`The list has more than ${limits.pages} pages`);
}

class CollectedList {
  readonly #definitions = new Map<string, string>();
  readonly #rejected: RejectedDefinition[] = [];
  #bytes = 0;
  #count = 0;

  constructor(
    private readonly list: DefinitionList,
    private readonly limits: ListLimits,
  ) {}

  get isFull(): boolean {
    return this.#count > maxDefinitions || this.#bytes > maxListBytes;
  }

  /** Returns the cursor of the next page; null behind the last. */
  addPage(bytes: Buffer): string | null {
    const { array, cursor } = pageParts(bytes, this.list);
    for (const range of arrayElements(bytes, array)) {
      this.#bytes += range.end - range.start;
      this.#count++;
      if (this.isFull) break;
      this.#add(bytes.toString('utf8', range.start, range.end));
    }
    return cursor;
  }

  whole(): ReadList {
    return this.#read(null);
  }

  cut(because: string): ReadList {
    this.#reject('', `${because}; the rest is missing.`);
    return this.#read(because);
  }

  #read(cutBecause: string | null): ReadList {
    const definitions = [...this.#definitions].map(([key, json]) => ({ key, json }));
    return { definitions, rejected: this.#rejected, cutBecause };
  }

  #add(text: string): void {
    let definition: unknown;
    try {
      definition = JSON.parse(text);
    } catch {
      this.#reject('', 'The definition is not valid JSON.');
      return;
    }
    const key = keyOf(definition, this.list.key);
    const reason =
      this.list.check(definition, this.limits) ??
      (this.#definitions.has(key) ? 'The name stands in the list already; the first one counts.' : null);
    // In valid JSON a line break stands between tokens only; without it the text fits into any frame.
    if (reason === null) this.#definitions.set(key, text.replace(/[\r\n]/g, ' '));
    else this.#reject(key, reason);
  }

  #reject(name: string, reason: string): void {
    this.#rejected.push({ kind: this.list.kind, name: name.slice(0, maxNameShown), reason });
  }
}

function keyOf(definition: unknown, key: string): string {
  if (typeof definition !== 'object' || definition === null) return '';
  const value = (definition as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : '';
}

function pageParts(bytes: Buffer, list: DefinitionList): { array: JsonRange; cursor: string | null } {
  try {
    const members = scanObject(bytes);
    const array = members.get(list.member);
    if (array === undefined || bytes[array.start] !== 0x5b)
      throw invalid(`answered ${list.method} without a list`);
    const next = members.get('nextCursor');
    const cursor: unknown =
      next === undefined ? null : JSON.parse(bytes.toString('utf8', next.start, next.end));
    return { array, cursor: typeof cursor === 'string' && cursor !== '' ? cursor : null };
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof SyntaxError) {
      throw invalid(`answered ${list.method} with invalid JSON`);
    }
    throw error;
  }
}

function invalid(message: string): TransportFault {
  return new TransportFault('UPSTREAM_INVALID_RESPONSE', 'list', message);
}
