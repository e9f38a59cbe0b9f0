import { randomBytes } from 'node:crypto';

/**
 * Ids of audit rows: UUIDv7 (RFC 9562, section 5.7) from the time of the entry and a running number, so that ids order
 * as entries do, an id is a cursor, and a batch that is written twice leaves one row each.
 */
export class AuditIds {
  #sequence = 0;
  #pool: Buffer = Buffer.alloc(0);
  #offset = 0;

  next(at: Date): string {
    this.#sequence = (this.#sequence + 1) & 0xfff;
    return format(at.getTime(), this.#sequence, this.#random());
  }

  /** 16 hexadecimal digits, 62 of the 64 bits are used. */
  #random(): string {
    if (this.#offset + 8 > this.#pool.length) {
      this.#pool = randomBytes(4_096);
      this.#offset = 0;
    }
    const digits = this.#pool.toString('hex', this.#offset, this.#offset + 8);
    this.#offset += 8;
    return digits;
  }
}

/** The smallest id an entry of this moment or later can have. */
export function firstIdAt(at: Date): string {
  return format(at.getTime(), 0, '0000000000000000');
}

function format(ms: number, sequence: number, random: string): string {
  const time = Math.min(Math.max(0, Math.trunc(ms)), 0xffff_ffff_ffff)
    .toString(16)
    .padStart(12, '0');
  const version = `7${sequence.toString(16).padStart(3, '0')}`;
  const variant = ((Number.parseInt(random.slice(0, 2), 16) & 0x3f) | 0x80).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}${random.slice(2, 4)}-${random.slice(4)}`;
}

/** What a client sends back to go on after a page. */
export function toCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** null when it is none of ours. */
export function fromCursor(cursor: string): string | null {
  if (!/^[\w-]{22}$/.test(cursor)) return null;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
