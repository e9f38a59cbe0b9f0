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
   * @param found from the opening brace to behind the closing one
   * @param members every member in order of appearance, duplicates too
   * @param offset what `found` and `members` count from is so far before what their readers count from
   */
  constructor(
    private readonly found: JsonRange,
    private readonly members: readonly JsonMember[],
    private readonly offset = 0,
  ) {}

  get object(): JsonRange {
    const { start, end } = this.found;
    return { start: start - this.offset, end: end - this.offset };
  }

  get all(): readonly JsonMember[] {
    return this.offset === 0 ? this.members : this.members.map((member) => this.#moved(member));
  }

  /** Of duplicates the last, as `JSON.parse` has it. A search: messages have few members, and are asked for few. */
  get(name: string): JsonMember | undefined {
    const { members } = this;
    for (let index = members.length - 1; index >= 0; index--) {
      const member = members[index];
      if (member?.name === name) return this.offset === 0 ? member : this.#moved(member);
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.members.some((member) => member.name === name);
  }

  /** The same for readers of the object alone, whose first byte is its opening brace. */
  withinObject(): JsonMembers {
    return new JsonMembers(this.found, this.members, this.found.start);
  }

  #moved({ name, nameStart, start, end }: JsonMember): JsonMember {
    const { offset } = this;
    return { name, nameStart: nameStart - offset, start: start - offset, end: end - offset };
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
