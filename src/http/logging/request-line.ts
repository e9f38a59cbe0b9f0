import type { Logger } from 'pino';

/** What is said about one request when it has been answered. */
export interface RequestLine {
  readonly method: string;
  /** Without the query, which may hold what is nobody's business. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  /** null: no virtual key was accepted. */
  readonly keyId: string | null;
}

/** One line a request: `info`, or `warn` when the gateway or an upstream is to blame. */
export function logRequest(logger: Logger, line: RequestLine): void {
  const level = line.status >= 500 ? 'warn' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const durationMs = Math.round(line.durationMs * 1000) / 1000;
  const { method, path, status, requestId, keyId } = line;
  logger[level]({ method, path, status, durationMs, requestId, keyId }, 'request');
}
