/** A JSON value: offsets in the stream, buffer or text that was scanned, `end` exclusive. */
export interface JsonRange {
  readonly start: number;
  readonly end: number;
}

/** One `"name": value` as it stands in the text. Its range is the value's. */
export interface JsonMember extends JsonRange {
  /** Unescaped. */
  readonly name: string;
  /** Offset of the name's opening quote. */
  readonly nameStart: number;
}

/** The members of one JSON object. */
export class JsonMembers {
  /**
   * @param object from the opening brace to behind the closing one
   * @param all every member in order of appearance, duplicates too
   */
  constructor(
    readonly object: JsonRange,
    readonly all: readonly JsonMember[],
  ) {}

  /** Of duplicates the last, as `JSON.parse` has it. A search: messages have few members, and are asked for few. */
  get(name: string): JsonMember | undefined {
    const { all } = this;
    for (let index = all.length - 1; index >= 0; index--) if (all[index]?.name === name) return all[index];
    return undefined;
  }

  /** The same with ranges that count from `offset` on. */
  from(offset: number): JsonMembers {
    const moved = <T extends JsonRange>(range: T): T => ({
      ...range,
      start: range.start - offset,
      end: range.end - offset,
    });
    return new JsonMembers(
      moved(this.object),
      this.all.map((member) => ({ ...moved(member), nameStart: member.nameStart - offset })),
    );
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
}

/** The bytes are not one JSON object. Says where, never what stands there. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  /** @param offset byte offset in the stream or buffer that was scanned */
  constructor(
    problem: string,
    readonly offset: number,
  ) {
    super(`Invalid JSON at byte ${offset}: ${problem}.`);
  }
}
