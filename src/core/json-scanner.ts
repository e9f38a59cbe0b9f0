import { asBuffer } from './json-bytes.js';
import { JsonMembers, JsonSyntaxError, type JsonMember, type JsonRange } from './json-members.js';
import { isNumberByte, isNumberStart, isWholeNumber, nextNumberState, startNumber } from './json-number.js';
import { cutBehindBackslash, findStringEnd, needsParsing } from './json-string.js';
import { wellKnownName } from './json-names.js';

export { hasLineBreak, sliceChunks } from './json-bytes.js';
export { JsonMembers, JsonSyntaxError, type JsonMember, type JsonRange } from './json-members.js';
export { spliceMembers } from './json-splice.js';
export { textMembers } from './json-text.js';

/** Nesting beyond this is refused. Nothing here recurses; the limit protects who reads the value afterwards. */
const defaultMaxDepth = 512;

/** More of an inner object's members than this are not worth keeping. */
const maxInnerMembers = 32;

/** Bounds what is kept: a member costs some hundred bytes of memory and may be as short as five of input. */
const maxMembers = 10_000;

const enum Expect {
  Object,
  NameOrEnd,
  Name,
  Colon,
  Value,
  ValueOrEnd,
  CommaOrEnd,
  Nothing,
  // Within a token, which may go on in the next chunk:
  InName,
  InString,
  InNumber,
  InLiteral,
}

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Finds the top-level members of one JSON object (RFC 8259) in bytes that come in pieces cut anywhere, without building
 * its values. Accepts exactly one object with white space around it and no byte order mark.
 *
 * Checked is everything outside strings, and the object's own member names. Of other strings only the end is sought, so
 * that a large one costs next to nothing: control characters, unknown escapes and malformed UTF-8 in them pass. Hence
 * who writes the bytes where a line break has a meaning asks `hasLineBreak` first. Where `JSON.parse` accepts the same
 * text, it finds the same members.
 */
export class JsonObjectScanner {
  #expect = Expect.Object;
  /** Bytes before the current chunk. */
  #seen: number;
  /** Closing bytes of the open objects and arrays, innermost last. */
  readonly #closers: number[] = [];
  readonly #members: JsonMember[] = [];
  #objectStart = 0;
  #objectEnd = 0;
  #name = '';
  #nameStart = 0;
  /** What earlier chunks held of a name of the object. */
  #nameParts: Buffer[] = [];
  #valueStart = 0;
  /** The member whose object's own members are being kept, while the scan is within it. */
  #outer: JsonMember | null = null;
  #inner: JsonMember[] | null = null;
  #innerObject: JsonRange | null = null;
  /** The chunk ended behind a backslash that escapes what comes next. */
  #isEscaped = false;
  #number = startNumber(zero);
  #literal = '';
  #literalIndex = 0;

  /**
   * @param firstOffset what the first byte counts as in ranges and errors
   * @param innerNames members whose own members are kept too, of the last that is an object (`innerMembers`)
   */
  constructor(
    private readonly maxDepth = defaultMaxDepth,
    firstOffset = 0,
    private readonly innerNames: readonly string[] = [],
  ) {
    this.#seen = firstOffset;
  }

  /** Throws `JsonSyntaxError`, after which the scanner is of no use. The bytes are not kept. */
  push(bytes: Uint8Array): void {
    const chunk = asBuffer(bytes);
    const { length } = chunk;
    const closers = this.#closers;
    let expect = this.#expect;
    let index = 0;
    while (index < length) {
      const byte = chunk[index] as number;
      if (expect <= Expect.Nothing && byte <= 0x20) {
        if (!isWhiteSpace(byte)) this.#fail('a control character', index);
        index += 1;
        continue;
      }
      switch (expect) {
        case Expect.CommaOrEnd:
          if (byte === comma)
            expect = closers[closers.length - 1] === closeBrace ? Expect.Name : Expect.Value;
          else expect = this.#close(byte, index);
          index += 1;
          break;
        case Expect.NameOrEnd:
        case Expect.Name:
          if (byte === quote) {
            if (closers.length === 1 || this.#isInner()) this.#nameStart = this.#seen + index;
            expect = Expect.InName;
          } else if (expect === Expect.NameOrEnd) expect = this.#close(byte, index);
          else this.#fail('a member name is missing', index);
          index += 1;
          break;
        case Expect.Colon:
          if (byte !== colon) this.#fail('a colon is missing', index);
          expect = Expect.Value;
          index += 1;
          break;
        case Expect.ValueOrEnd:
        case Expect.Value:
          if (closers.length === 1 || this.#isInner()) this.#valueStart = this.#seen + index;
          if (byte === quote) expect = Expect.InString;
          else if (byte === openBrace) expect = this.#open(closeBrace, index);
          else if (byte === openBracket) expect = this.#open(closeBracket, index);
          else if (byte === closeBracket && expect === Expect.ValueOrEnd) expect = this.#close(byte, index);
          else expect = this.#startScalar(byte, index);
          index += 1;
          break;
        case Expect.InName:
        case Expect.InString: {
          const end = findStringEnd(chunk, this.#isEscaped ? index + 1 : index);
          this.#isEscaped = end === cutBehindBackslash;
          if (expect === Expect.InName && (closers.length === 1 || this.#isInner()))
            this.#readName(chunk, index, end);
          if (end < 0) {
            index = length;
            break;
          }
          index = end + 1;
          expect = expect === Expect.InName ? Expect.Colon : this.#endValue(index);
          break;
        }
        case Expect.InNumber:
          if (isNumberByte(byte)) {
            this.#number = nextNumberState(this.#number, byte);
            index += 1;
          } else if (isWholeNumber(this.#number)) expect = this.#endValue(index);
          else this.#fail('a number is malformed', index);
          break;
        case Expect.InLiteral:
          if (byte !== this.#literal.charCodeAt(this.#literalIndex)) this.#fail('an unknown word', index);
          index += 1;
          this.#literalIndex += 1;
          if (this.#literalIndex === this.#literal.length) expect = this.#endValue(index);
          break;
        case Expect.Object:
          if (byte !== openBrace) this.#fail('it is not an object', index);
          this.#objectStart = this.#seen + index;
          expect = this.#open(closeBrace, index);
          index += 1;
          break;
        default:
          this.#fail('something follows the object', index);
      }
    }
    this.#expect = expect;
    this.#seen += length;
  }

  /** The members, once everything was pushed. Throws `JsonSyntaxError` when the object is not complete. */
  end(): JsonMembers {
    if (this.#expect !== Expect.Nothing) this.#fail('it ends too early', 0);
    return new JsonMembers({ start: this.#objectStart, end: this.#objectEnd }, this.#members);
  }

  /**
   * The own members of the object that a member is; null when it is none, has very many, or another of `innerNames` came
   * behind it.
   */
  innerMembers(name: string): JsonMembers | null {
    const object = this.#innerObject;
    const last = this.#members.findLast((member) => member.name === name);
    if (object === null || this.#inner === null || last?.start !== object.start) return null;
    return new JsonMembers(object, this.#inner);
  }

  /** Within the member whose own members are kept, and at their level. */
  #isInner(): boolean {
    return this.#outer !== null && this.#closers.length === 2;
  }

  #startScalar(byte: number, index: number): Expect {
    const literal = byte === 0x74 ? 'true' : byte === 0x66 ? 'false' : byte === 0x6e ? 'null' : undefined;
    if (literal !== undefined) {
      this.#literal = literal;
      this.#literalIndex = 1;
      return Expect.InLiteral;
    }
    if (!isNumberStart(byte)) this.#fail('a value is missing', index);
    this.#number = startNumber(byte);
    return Expect.InNumber;
  }

  #endValue(index: number): Expect {
    const depth = this.#closers.length;
    if (depth > 1 && !this.#isInner()) return Expect.CommaOrEnd;
    const member = this.#member(this.#seen + index);
    if (depth === 1) {
      if (this.#members.length >= maxMembers) this.#fail(`it has more than ${maxMembers} members`, index);
      this.#members.push(member);
    } else if (this.#inner !== null && this.#inner.push(member) > maxInnerMembers) this.#inner = null;
    return Expect.CommaOrEnd;
  }

  #member(end: number): JsonMember {
    return { name: this.#name, nameStart: this.#nameStart, start: this.#valueStart, end };
  }

  #open(closer: number, index: number): Expect {
    const depth = this.#closers.push(closer);
    if (depth > this.maxDepth) this.#fail(`it is nested deeper than ${this.maxDepth}`, index);
    if (depth === 2 && this.innerNames.includes(this.#name)) {
      this.#outer = closer === closeBrace ? this.#member(0) : null;
      this.#inner = closer === closeBrace ? [] : null;
      this.#innerObject = null;
    }
    return closer === closeBrace ? Expect.NameOrEnd : Expect.ValueOrEnd;
  }

  #close(byte: number, index: number): Expect {
    if (this.#closers.pop() !== byte) this.#fail('a comma or a closing bracket is missing', index);
    if (this.#closers.length === 1 && this.#outer !== null) this.#leaveInner(this.#outer, index + 1);
    if (this.#closers.length > 0) return this.#endValue(index + 1);
    this.#objectEnd = this.#seen + index + 1;
    return Expect.Nothing;
  }

  #leaveInner({ name, nameStart, start }: JsonMember, index: number): void {
    this.#innerObject = { start, end: this.#seen + index };
    this.#outer = null;
    this.#name = name;
    this.#nameStart = nameStart;
    this.#valueStart = start;
  }

  /** Takes what the chunk holds of one of the object's own names; `end` is negative when it goes on. */
  #readName(chunk: Buffer, from: number, end: number): void {
    if (end >= 0 && this.#nameParts.length === 0) {
      this.#name = wellKnownName(chunk, from, end) ?? this.#unescape(chunk.toString('utf8', from, end));
      return;
    }
    // Copied: the chunk's memory may be used again before the next one comes.
    this.#nameParts.push(Buffer.from(chunk.subarray(from, end < 0 ? undefined : end)));
    if (end < 0) return;
    this.#name = this.#unescape(Buffer.concat(this.#nameParts).toString());
    this.#nameParts = [];
  }

  #unescape(name: string): string {
    if (!needsParsing.test(name)) return name;
    try {
      return JSON.parse(`"${name}"`) as string;
    } catch {
      throw new JsonSyntaxError('a member name is malformed', this.#nameStart);
    }
  }

  #fail(problem: string, index: number): never {
    throw new JsonSyntaxError(problem, this.#seen + index);
  }
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
