import { GatewayError } from '../../core/errors.js';
import { atEndOfTurn } from '../../core/turn.js';
import { baseHeaders } from '../../http/send.js';
import { Cancellation } from '../cancellation.js';
import type { GatewayRequest, GatewayResponse } from '../../http/gateway-request.js';

/** Below this, an answer's head and body are written as one string: one write is cheaper than several. */
const joinBelowBytes = 32 * 1024;

/** The client's side of one request: where the answer goes, and whether anybody still waits for it. */
export class ClientConnection {
  /** Cancelled with CANCELLED when the client leaves before its answer is complete. */
  readonly cancellation = new Cancellation();
  /** Headers that the answer will carry besides its own. */
  readonly #headers: Record<string, string> = {};

  constructor(
    readonly request: GatewayRequest,
    readonly response: GatewayResponse,
  ) {
    if (response.destroyed) this.#onClose();
    else response.once('close', this.#onClose);
  }

  get hasAnswerBegun(): boolean {
    return this.response.headersSent;
  }

  /** For whatever answer there will be. Kept until then: node:http is much faster with all headers at once. */
  setHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  /** Puts the headers where an error that somebody else answers has them too. */
  handHeadersOn(): void {
    for (const [name, value] of Object.entries(this.#headers)) this.response.setHeader(name, value);
  }

  /** Begins a stream of events. */
  openStream(contentType: string): void {
    this.response.writeHead(200, {
      'Content-Type': contentType,
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
      'x-request-id': this.request.requestId,
      ...this.#headers,
    });
  }

  /** The whole answer, `body` byte for byte. */
  send(status: number, contentType: string, body: Buffer, retryAfterSeconds: number | null): void {
    const headers = baseHeaders(this.request, contentType);
    Object.assign(headers, this.#headers);
    headers['Content-Length'] = body.length;
    if (retryAfterSeconds !== null) headers['Retry-After'] = retryAfterSeconds;
    this.response.writeHead(status, headers);
    atEndOfTurn(() => {
      if (body.length > joinBelowBytes) this.response.end(body);
      // A character for each byte, so that the bytes stay what they are.
      else this.response.end(body.toString('latin1'), 'latin1');
    });
  }

  /** Resolves when there is room for more. Throws CANCELLED once the client is gone. */
  write(bytes: Buffer | string): Promise<void> | undefined {
    this.cancellation.throwIfCancelled();
    if (this.response.write(bytes)) return undefined;
    return new Promise((resolve, reject) => {
      const onDrain = (): void => {
        this.cancellation.unlisten(onGone);
        resolve();
      };
      const onGone = (reason: GatewayError): void => {
        this.response.off('drain', onDrain);
        reject(reason);
      };
      this.response.once('drain', onDrain);
      this.cancellation.listen(onGone);
    });
  }

  /** Writes without waiting; nothing when nobody is there any more. For small things beside the stream itself. */
  tryWrite(bytes: Buffer | string): void {
    if (!this.cancellation.isCancelled && !this.response.writableEnded) this.response.write(bytes);
  }

  end(): void {
    this.response.end();
  }

  readonly #onClose = (): void => {
    if (!this.response.writableFinished) this.cancellation.cancel(new GatewayError('CANCELLED'));
  };
}
