import { addDuration, parseDuration } from '../core/duration.js';
import { UsageError } from './command-line.js';

const moment = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A date (UTC), a date and time with its zone, or how long ago. Throws UsageError. */
export function parseSince(text: string, nowMs: number): Date {
  const ago = parseDuration(text);
  if (ago !== null) return new Date(addDuration(nowMs, ago, -1));
  const date = new Date(moment.test(text) ? text : '');
  if (!Number.isNaN(date.getTime())) return date;
  throw new UsageError(`--since must be a time such as 2026-01-31, 2026-01-31T12:00:00Z or 24h`);
}
