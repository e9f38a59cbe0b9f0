import { symbols, type DestinationStream, type Logger } from 'pino';

import { redactText } from './redact.js';

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

/** Lines wait for each other at most so long, and until there are so many characters of them. */
const gatherMs = 100;
const gatherCharacters = 32_768;

/** Text that is JSON as it is, between quotes. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * One line a request: `info`, or `warn` when the gateway or an upstream is to blame. Lines look like the logger's own and
 * go where they go, but are put together here: there is one in every call.
 */
export class RequestLog {
  readonly #destination: DestinationStream;
  #gathered = '';
  #timer: NodeJS.Timeout | null = null;
  #timeMs = 0;
  #time = '';
  /** The last path and how it is written: most requests have the same. */
  #path = '';
  #pathJson = '""';

  constructor(private readonly logger: Logger) {
    this.#destination = Reflect.get(logger, symbols.streamSym) as DestinationStream;
  }

  /** Whether any line would be written. */
  get isEnabled(): boolean {
    return this.logger.isLevelEnabled('warn');
  }

  write({ method, path, status, durationMs, requestId, keyId }: RequestLine): void {
    const level = status >= 500 ? 'warn' : 'info';
    if (!this.logger.isLevelEnabled(level)) return;
    if (path !== this.#path) {
      this.#path = path;
      this.#pathJson = quoted(redactText(path));
    }
    this.#gathered +=
      `{"level":"${level}","time":"${this.#now()}","method":${quoted(method)},"path":${this.#pathJson}` +
      `,"status":${status},"durationMs":${Math.round(durationMs * 1_000) / 1_000}` +
      `,"requestId":${quoted(redactText(requestId))},"keyId":${keyId === null ? 'null' : quoted(keyId)}` +
      ',"msg":"request"}\n';
    if (this.#gathered.length >= gatherCharacters) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), gatherMs).unref();
  }

  /** Hands on what waits: at the end, too. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#gathered !== '') this.#destination.write(this.#gathered);
    this.#gathered = '';
  }

  #now(): string {
    const ms = Date.now();
    if (ms !== this.#timeMs) {
      this.#timeMs = ms;
      this.#time = new Date(ms).toISOString();
    }
    return this.#time;
  }
}

function quoted(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}
