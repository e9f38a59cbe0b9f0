import { randomBytes } from 'node:crypto';

const poolBytes = 4_096;

/** Random hexadecimal digits, drawn from the system many at a time: each draw is a system call. None is handed out twice. */
export class RandomDigits {
  #digits = '';
  #used = 0;

  /** Two digits for each byte; at most 4,096 bytes. */
  next(bytes: number): string {
    if (this.#used + 2 * bytes > this.#digits.length) {
      this.#digits = randomBytes(poolBytes).toString('hex');
      this.#used = 0;
    }
    this.#used += 2 * bytes;
    return this.#digits.slice(this.#used - 2 * bytes, this.#used);
  }
}
