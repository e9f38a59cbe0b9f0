import { RandomDigits } from '../core/random-digits.js';

/** 62 of their 64 bits are used. */
const idBytes = 8;

/**
 * Ids of audit rows: UUIDv7 (RFC 9562, section 5.7) from the time of the entry and a running number, so that ids order
 * as entries do, an id is a cursor, and a batch that is written twice leaves one row each.
 */
export class AuditIds {
  #sequence = 0;
  readonly #random = new RandomDigits();
  #timeMs = -1;
  #time = '';

  next(at: Date): string {
    this.#sequence = (this.#sequence + 1) & 0xfff;
    const ms = at.getTime();
    if (ms !== this.#timeMs) {
      this.#timeMs = ms;
      this.#time = timeOf(ms);
    }
    return format(this.#time, this.#sequence, this.#random.next(idBytes));
  }
}

/** The smallest id an entry of this moment or later can have. */
export function firstIdAt(at: Date): string {
  return format(timeOf(at.getTime()), 0, '0000000000000000');
}

/** The 48 bits of time as they stand in an id. */
function timeOf(ms: number): string {
  const digits = Math.min(Math.max(0, Math.trunc(ms)), 0xffff_ffff_ffff)
    .toString(16)
    .padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

function format(time: string, sequence: number, random: string): string {
  const version = (0x7000 + sequence).toString(16);
  const variant = ((Number.parseInt(random.slice(0, 2), 16) & 0x3f) | 0x80).toString(16);
  return `${time}-${version}-${variant}${random.slice(2, 4)}-${random.slice(4)}`;
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
