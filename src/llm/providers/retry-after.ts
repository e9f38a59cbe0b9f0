/** A provider that asks for more is not believed. */
const maxSeconds = 3600;

/**
 * `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), or OpenAI's `retry-after-ms`; null when there is
 * none. Rounded up to whole seconds.
 */
export function retryAfterSeconds(
  value: string | null | undefined,
  inMilliseconds: string | null | undefined,
): number | null {
  const milliseconds = Number(inMilliseconds ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return clamp(milliseconds / 1000);
  if (value === null || value === undefined || value === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return clamp(seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : clamp((at - Date.now()) / 1000);
}

function clamp(seconds: number): number {
  return Math.min(maxSeconds, Math.max(0, Math.ceil(seconds)));
}
