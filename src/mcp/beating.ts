import type { RosterMember } from '../core/roster.js';
import type { SseStream } from '../http/sse-stream.js';

/** An open stream, or an answer that is taking long. */
export abstract class Beating implements RosterMember {
  place = -1;
  /** The period in which its silence began; the service's own. */
  silentSince = 0;

  abstract heartbeat(): void;
}

/** The heartbeats of one stream. */
export class StreamBeat extends Beating {
  constructor(private readonly stream: SseStream) {
    super();
  }

  override heartbeat(): void {
    this.stream.comment('heartbeat');
  }
}
