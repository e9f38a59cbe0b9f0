import { setTimeout as pause } from 'node:timers/promises';

/** What the database may take of the trail while calls come fast. */
export interface PaceSetting {
  /** Rows a second; more wait in the data folder. */
  readonly rowsPerSecond: number;
  /** Share of the time in which rows that wait are written while it is so, and once it is calm again. */
  readonly busyShare: number;
  readonly calmShare: number;
}

/**
 * The embedded database works on the machine that answers the calls and needs tens of microseconds for a row, as much
 * as the call itself. So it takes its rows steadily: what comes faster follows when it is calmer, or when someone asks.
 */
export const embeddedPace: PaceSetting = { rowsPerSecond: 250, busyShare: 0.05, calmShare: 0.5 };

/** A server of its own takes what comes. */
export const serverPace: PaceSetting = { rowsPerSecond: Infinity, busyShare: 1, calmShare: 1 };

/** This long after the last batch that was too fast it counts as calm. */
const calmAfterMs = 1_000;
const napMs = 50;

/** Decides when rows go to the database. */
export class WritingPace {
  #room: number;
  #filledAtMs = performance.now();
  #tooFastAtMs = -Infinity;
  #hurried = 0;

  constructor(private readonly setting: PaceSetting) {
    this.#room = setting.rowsPerSecond;
  }

  /** Whether so many rows may go to the database now. */
  admits(rows: number): boolean {
    const { rowsPerSecond } = this.setting;
    if (rowsPerSecond === Infinity) return true;
    const nowMs = performance.now();
    this.#room = Math.min(rowsPerSecond, this.#room + ((nowMs - this.#filledAtMs) / 1_000) * rowsPerSecond);
    this.#filledAtMs = nowMs;
    if (rows > this.#room && this.#hurried === 0) {
      this.#tooFastAtMs = nowMs;
      return false;
    }
    this.#room -= rows;
    return true;
  }

  /** Rests after work of so many milliseconds, but not while someone waits. */
  async rest(workedMs: number): Promise<void> {
    const { busyShare, calmShare } = this.setting;
    const isBusy = performance.now() - this.#tooFastAtMs < calmAfterMs;
    let restMs = workedMs / (isBusy ? busyShare : calmShare) - workedMs;
    for (; restMs > 0 && this.#hurried === 0; restMs -= napMs) {
      await pause(Math.min(napMs, restMs), undefined, { ref: false });
    }
  }

  /** Without rests until `work` is done: someone waits for it. */
  async hurry<T>(work: () => Promise<T>): Promise<T> {
    this.#hurried++;
    try {
      return await work();
    } finally {
      this.#hurried--;
    }
  }
}
