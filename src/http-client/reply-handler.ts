import type { ReplyHead } from './reply-head.js';

/** Whom one HTTP request belongs to: told of its reply, piece by piece. Nothing is told after `abort`. */
export interface ReplyHandler {
  /** The request is about to be sent; `abort` lets go of it and its socket, also at once. */
  onConnect(abort: () => void): void;
  /** @param resume goes on after `onData` answered false */
  onHeaders(head: ReplyHead, resume: () => void): void;
  /**
   * The socket reads into the same memory again: who keeps the bytes copies them. false: nothing more is read until
   * `resume`; what was read already still comes.
   */
  onData(bytes: Buffer): boolean;
  /** false: it was no answer to this request. The next reply on the socket may be the right one, so it is given up. */
  onComplete(): boolean;
  /** Instead of `onComplete`; the error has a `code`. */
  onError(error: Error): void;
}
