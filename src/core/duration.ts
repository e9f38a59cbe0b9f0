/** A span of time as it is written in requests and configuration: `30s`, `30m`, `30h`, `30d`, `1w`, `1mo`. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

export type DurationUnit = keyof typeof unitMs;

/** A month is a calendar month; its milliseconds here only bound how long a duration may be. */
const unitMs = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  mo: 2_678_400_000,
} as const;

const longestMs = 100 * 366 * unitMs.d;

/** null when the text is not a duration, is zero, or is longer than 100 years. */
export function parseDuration(text: string): Duration | null {
  const match = /^([1-9]\d{0,11})(s|m|h|d|w|mo)$/.exec(text);
  if (match === null) return null;
  const count = Number(match[1]);
  const unit = match[2] as DurationUnit;
  return count * unitMs[unit] <= longestMs ? { count, unit } : null;
}

/**
 * The moment `times` durations after `fromMs` (before it when negative), epoch milliseconds. Exact: days are 24 hours,
 * and months keep the day and time of day in UTC, or end on the month's last day when it has no such day.
 */
export function addDuration(fromMs: number, duration: Duration, times = 1): number {
  const steps = duration.count * times;
  if (duration.unit !== 'mo') return fromMs + steps * unitMs[duration.unit];
  const from = new Date(fromMs);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + steps];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  return Date.UTC(year, month, day) + (fromMs - Date.UTC(year, from.getUTCMonth(), from.getUTCDate()));
}

/** About how long a duration is, in milliseconds; a month counts as 31 days. */
export function roughDurationMs(duration: Duration): number {
  return duration.count * unitMs[duration.unit];
}
