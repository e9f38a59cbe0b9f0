/** A request that the gateway refused or could not carry out, or that did not reach it. */
export class ToolgateError extends Error {
  override readonly name = 'ToolgateError';

  constructor(
    message: string,
    readonly details: {
      /** HTTP status; null when no answer came. */
      readonly status: number | null;
      /** Stable word of the gateway's catalogue, e.g. `unknown_tool`; `connection_failed` or `invalid_answer` of ours. */
      readonly code: string;
      /** The field to blame. */
      readonly param?: string | null;
      /** Finds the request in the gateway's log. */
      readonly requestId?: string | null;
      /** How long to wait before trying again. */
      readonly retryAfterSeconds?: number | null;
    },
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get status(): number | null {
    return this.details.status;
  }

  get code(): string {
    return this.details.code;
  }

  get requestId(): string | null {
    return this.details.requestId ?? null;
  }

  get retryAfterSeconds(): number | null {
    return this.details.retryAfterSeconds ?? null;
  }
}
