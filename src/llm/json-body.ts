import { scanObject } from '../core/json-object.js';

/** One `"name": value` as it stands in the text. */
interface Piece {
  readonly name: string;
  /** From behind the member before it: white space and the comma. */
  readonly gap: Buffer;
  /** The name with its quotes, the colon, and white space. */
  readonly key: Buffer;
  readonly value: Buffer;
}

const comma = Buffer.from(',');

/**
 * The bytes of one JSON object in pieces, of which some can be exchanged without reading the others again: a tool loop
 * sends the same large request many times, with other messages. What is not exchanged stays byte for byte.
 */
export class JsonBody {
  private constructor(
    /** Up to the first name. */
    private readonly open: Buffer,
    private readonly pieces: readonly Piece[],
    private readonly close: Buffer,
  ) {}

  /** Throws JsonSyntaxError for bytes that are no JSON object. */
  static scan(bytes: Buffer): JsonBody {
    const { object, all } = scanObject(bytes);
    let before = object.start + 1;
    const pieces = all.map(({ name, nameStart, start, end }) => {
      const gap = bytes.subarray(before, nameStart);
      before = end;
      return { name, gap, key: bytes.subarray(nameStart, start), value: bytes.subarray(start, end) };
    });
    const open = bytes.subarray(0, all[0]?.nameStart ?? before);
    return new JsonBody(open, pieces, bytes.subarray(before));
  }

  /** The JSON text of a member, byte for byte; of several by that name the last. */
  textOf(member: string): string | undefined {
    return this.pieces.findLast(({ name }) => name === member)?.value.toString();
  }

  /**
   * Members changed: a text replaces the value where it stands first, or adds the member at the end; undefined removes
   * it. Others by a changed name go.
   */
  with(changes: Readonly<Record<string, string | undefined>>): JsonBody {
    const pieces: Piece[] = [];
    const done = new Set<string>();
    for (const piece of this.pieces) {
      const { name } = piece;
      if (!Object.hasOwn(changes, name)) pieces.push(piece);
      else if (!done.has(name)) {
        done.add(name);
        const text = changes[name];
        if (text !== undefined) pieces.push({ ...piece, value: Buffer.from(text) });
      }
    }
    for (const [name, text] of Object.entries(changes)) {
      if (text === undefined || done.has(name)) continue;
      const key = Buffer.from(`${JSON.stringify(name)}:`);
      pieces.push({ name, gap: comma, key, value: Buffer.from(text) });
    }
    return new JsonBody(this.open, pieces, this.close);
  }

  toBuffer(): Buffer {
    const parts = [this.open];
    this.pieces.forEach(({ gap, key, value }, index) => {
      // What stands before the first name is part of `open`, also where another was first.
      if (index > 0) parts.push(gap);
      parts.push(key, value);
    });
    parts.push(this.close);
    return Buffer.concat(parts);
  }
}
