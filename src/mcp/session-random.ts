import { randomFillSync } from 'node:crypto';

/** 128 bits: nobody guesses a session. */
export const sessionRandomBytes = 16;

const pool = Buffer.alloc(256 * sessionRandomBytes);
let used = pool.length;

/** Random bytes of a session's id, drawn from the system for many sessions at a time; none is handed out twice. */
export function sessionRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + sessionRandomBytes));
  pool.fill(0, used, (used += sessionRandomBytes));
  return bytes;
}
