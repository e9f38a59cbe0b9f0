import { GatewayError } from '../../core/errors.js';
import { Cancellation } from '../cancellation.js';
import type { GatewayRequest, GatewayResponse } from '../../http/gateway-request.js';

/** The client's side of one request: where the answer goes, and whether anybody still waits for it. */
export class ClientConnection {
  /** Cancelled with CANCELLED when the client leaves before its answer is complete. */
  readonly cancellation = new Cancellation();

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
