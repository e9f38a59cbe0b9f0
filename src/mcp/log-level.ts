/** Least severe first (RFC 5424; MCP logging). */
export const logLevels = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const;

export function isLogLevel(level: unknown): level is string {
  return logLevels.some((known) => known === level);
}

/** Whether a message is as severe as what was asked for. One of an unknown level is. */
export function isSevereEnough(level: unknown, asked: string): boolean {
  const rank = logLevels.findIndex((known) => known === level);
  return rank < 0 || rank >= logLevels.findIndex((known) => known === asked);
}

/** The level of a `notifications/message`, JSON text of its params; undefined when it has none that can be read. */
export function levelOf(paramsJson: string): unknown {
  try {
    return (JSON.parse(paramsJson) as { level?: unknown }).level;
  } catch {
    return undefined;
  }
}
