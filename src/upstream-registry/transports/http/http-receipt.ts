import type { ReplyHandler } from '../../../http-client/reply-handler.js';
import type { ReplyHead } from '../../../http-client/reply-head.js';
import type { FaultStage, TransportFault } from '../transport-fault.js';
import { networkFault, statusFault } from './http-fault.js';

/** What is read of a reply that holds no answer: enough to see what it means, never enough to hurt. */
export const refusalBytes = 16 * 1024;

/** One HTTP request of which only the status matters: a message that has no answer there. */
export class HttpReceipt implements ReplyHandler {
  #abort: (() => void) | null = null;
  #wasSent = false;
  #isOver = false;
  #status = 0;
  #retryAfter: string | null = null;
  #bytes = 0;
  #text = '';

  /**
   * @param hadSession whether the request named a session
   * @param onEnd told once; null = the upstream took the message
   */
  constructor(
    private readonly stage: FaultStage,
    private readonly hadSession: boolean,
    private readonly onEnd: (fault: TransportFault | null) => void,
  ) {}

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#isOver) abort();
    else this.#wasSent = true;
  }

  onHeaders({ status, retryAfter }: ReplyHead): void {
    this.#status = status;
    this.#retryAfter = retryAfter;
  }

  onData(bytes: Buffer): boolean {
    this.#bytes += bytes.length;
    if (this.#status >= 300) this.#text += bytes.toString('latin1');
    if (this.#bytes > refusalBytes) {
      this.#judge();
      this.#abort?.();
    }
    return true;
  }

  onComplete(): boolean {
    this.#judge();
    return true;
  }

  onError(error: Error): void {
    this.#end(networkFault(this.stage, error, this.#wasSent));
  }

  #judge(): void {
    const { stage, hadSession } = this;
    const isTaken = this.#status < 300;
    const reply = { status: this.#status, text: this.#text, retryAfter: this.#retryAfter, hadSession };
    this.#end(isTaken ? null : statusFault(stage, reply));
  }

  #end(fault: TransportFault | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd(fault);
  }
}
