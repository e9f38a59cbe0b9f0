import type { Logger } from 'pino';

import { redactText } from './redact.js';

export type TrafficDirection = 'from_client' | 'to_client' | 'to_upstream' | 'from_upstream';

export interface TrafficContext {
  readonly requestId?: string;
  readonly sessionId?: string;
  readonly upstream?: string;
}

/** Bytes of a body that are shown. */
const shownBytes = 4096;

/** The JSON-RPC traffic for `--detailed_debug`: redacted, cut to 4 KiB a message. Ask `isEnabled` before building a body. */
export class TrafficLog {
  constructor(
    private readonly logger: Logger,
    readonly isEnabled: boolean,
  ) {}

  message(direction: TrafficDirection, body: string | Uint8Array, context: TrafficContext = {}): void {
    if (!this.isEnabled) return;
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    this.logger.debug({ ...context, direction, bytes, body: redactText(shown(body)) }, 'traffic');
  }
}

/** Cut before it is redacted: a secret in the last words is then cut off too, and known by its name all the same. */
function shown(body: string | Uint8Array): string {
  if (typeof body === 'string') return body.length > shownBytes ? `${body.slice(0, shownBytes)}…` : body;
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, shownBytes)).toString(
    'utf8',
  );
  return body.byteLength > shownBytes ? `${text}…` : text;
}
