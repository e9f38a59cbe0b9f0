import { isTextAt, wholeOf } from '../../core/json-bytes.js';
import { needsParsing } from '../../core/json-string.js';
import { JsonObjectScanner, JsonSyntaxError, sliceChunks } from '../../core/json-scanner.js';
import type { JsonMembers } from '../../core/json-members.js';
import type { JsonBytes } from '../../core/rpc.js';

const openBrace = 0x7b;
const maxIdDigits = 15;
const version2 = '"2.0"';
const takenApart = ['result', 'params'];

/** A JSON-RPC message of an upstream, its members found but not read. */
export class IncomingMessage {
  private constructor(
    private readonly chunks: readonly Buffer[],
    private readonly members: JsonMembers,
    private readonly scanner: JsonObjectScanner,
  ) {}

  /** null when the bytes are not exactly one JSON-RPC 2.0 message. */
  static read(chunks: readonly Buffer[]): IncomingMessage | null {
    try {
      const scanner = new JsonObjectScanner(undefined, 0, takenApart);
      for (const chunk of chunks) scanner.push(chunk);
      const message = new IncomingMessage(chunks, scanner.end(), scanner);
      return message.#isVersion2() ? message : null;
    } catch (error) {
      if (error instanceof JsonSyntaxError) return null;
      throw error;
    }
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  /** The member's bytes as they came; undefined when it is not there. */
  bytes(name: string): JsonBytes | undefined {
    const range = this.members.get(name);
    return range === undefined ? undefined : sliceChunks(this.chunks, range);
  }

  /** The member's bytes when they are an object. */
  object(name: string): JsonBytes | undefined {
    const bytes = this.bytes(name);
    return bytes?.chunks[0]?.[0] === openBrace ? bytes : undefined;
  }

  /** Result or params when it is an object, with its own members: nobody has to scan it again. */
  takenApart(name: 'result' | 'params'): JsonBytes | undefined {
    const bytes = this.object(name);
    const members = bytes === undefined ? null : this.scanner.innerMembers(name);
    if (bytes === undefined || members === null) return bytes;
    const { chunks, byteLength } = bytes;
    return { chunks, byteLength, members: members.withinObject() };
  }

  #isVersion2(): boolean {
    const range = this.members.get('jsonrpc');
    const [first] = this.chunks;
    if (range === undefined || first === undefined || range.end > first.length) {
      return this.json('jsonrpc') === version2;
    }
    return range.end - range.start === version2.length && isTextAt(first, range.start, version2);
  }

  /** The member as JSON text. */
  json(name: string): string | undefined {
    const range = this.members.get(name);
    if (range === undefined) return undefined;
    const [first] = this.chunks;
    if (first !== undefined && range.end <= first.length)
      return first.toString('utf8', range.start, range.end);
    return wholeOf(sliceChunks(this.chunks, range)).toString('utf8');
  }

  /** The member when it is a string. */
  string(name: string): string | undefined {
    const json = this.json(name);
    if (json?.startsWith('"') !== true) return undefined;
    if (!needsParsing.test(json)) return json.slice(1, -1);
    try {
      return JSON.parse(json) as string;
    } catch {
      return undefined;
    }
  }

  /** The member when it is one of our ids: a positive integer written plainly. A string of digits is not one. */
  id(): number | undefined {
    const range = this.members.get('id');
    if (range === undefined || range.end - range.start > maxIdDigits) return undefined;
    const json = this.json('id') ?? '';
    return /^[1-9][0-9]*$/.test(json) ? Number(json) : undefined;
  }
}
