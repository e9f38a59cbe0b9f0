import { GatewayError } from '../../core/errors.js';
import type { GatewayRequest, GatewayResponse } from '../../http/gateway-request.js';

/** The client's side of one request: where the answer goes, and whether anybody still waits for it. */
export class ClientConnection {
  readonly #gone = new AbortController();

  constructor(
    readonly request: GatewayRequest,
    readonly response: GatewayResponse,
  ) {
    if (response.destroyed) this.#onClose();
    else response.once('close', this.#onClose);
  }

  /** Aborted with CANCELLED when the client leaves before its answer is complete. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get hasAnswerBegun(): boolean {
    return this.response.headersSent;
  }

  setHeader(name: string, value: string): void {
    if (!this.response.headersSent) this.response.setHeader(name, value);
  }

  /** Begins a stream of events. */
  openStream(contentType: string): void {
    this.response.writeHead(200, {
      'Content-Type': contentType,
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
      'x-request-id': this.request.requestId,
    });
  }

  /** Resolves when there is room for more. Throws CANCELLED once the client is gone. */
  write(bytes: Buffer | string): Promise<void> | undefined {
    if (this.signal.aborted) throw new GatewayError('CANCELLED');
    if (this.response.write(bytes)) return undefined;
    return new Promise((resolve, reject) => {
      const onDrain = (): void => {
        this.signal.removeEventListener('abort', onGone);
        resolve();
      };
      const onGone = (): void => {
        this.response.off('drain', onDrain);
        reject(new GatewayError('CANCELLED'));
      };
      this.response.once('drain', onDrain);
      this.signal.addEventListener('abort', onGone, { once: true });
    });
  }

  /** Writes without waiting; nothing when nobody is there any more. For small things beside the stream itself. */
  tryWrite(bytes: Buffer | string): void {
    if (!this.signal.aborted && !this.response.writableEnded) this.response.write(bytes);
  }

  end(): void {
    this.response.end();
  }

  readonly #onClose = (): void => {
    if (!this.response.writableFinished) this.#gone.abort(new GatewayError('CANCELLED'));
  };
}
