export type HttpWireProblem =
  /** It is not HTTP/1.1, or contradicts itself. */
  | 'HTTP_MALFORMED'
  | 'HTTP_HEAD_TOO_LARGE'
  /** The socket ended before the reply did. */
  | 'HTTP_CLOSED'
  | 'HTTP_CONNECT_TIMEOUT'
  /** A header or the path cannot be sent as it is. */
  | 'HTTP_UNSENDABLE';

/** What went wrong below a request, apart from the errors of the operating system. Says nothing of the content. */
export class HttpWireError extends Error {
  override readonly name = 'HttpWireError';

  constructor(
    readonly code: HttpWireProblem,
    message: string,
  ) {
    super(message);
  }
}

export function malformed(what: string): HttpWireError {
  return new HttpWireError('HTTP_MALFORMED', `Malformed HTTP: ${what}`);
}
