import { request, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

import { HttpWireError } from '../../../src/http-client/http-wire-error.js';
import type { ReplyHead } from '../../../src/http-client/reply-head.js';
import { ReplyParser, type ReplySink } from '../../../src/http-client/reply-parser.js';

/** What a client makes of the bytes of one reply; the body as Latin-1, so that each character is a byte. */
export type Reading = { readonly status: number; readonly body: string } | 'refused' | 'cut off';

export interface OwnReading {
  readonly reading: Reading;
  readonly head: ReplyHead | null;
  /** Whether the socket would carry the next request: the reply allows it, and nothing came behind it. */
  readonly isReusable: boolean;
}

/** Our parser on the pieces, and the end of the connection behind them. */
export function readReply(pieces: readonly Buffer[]): OwnReading {
  const sink = new Collector();
  const parser = new ReplyParser(sink);
  parser.expect();
  try {
    for (const piece of pieces) parser.push(piece);
    parser.end();
  } catch (error) {
    if (!(error instanceof HttpWireError)) throw error;
    return { ...sink.read(error.code === 'HTTP_CLOSED' ? 'cut off' : 'refused'), isReusable: false };
  }
  return { ...sink.read('cut off'), isReusable: sink.head?.isPersistent === true };
}

class Collector implements ReplySink {
  readonly #body: Buffer[] = [];
  #isWhole = false;
  head: ReplyHead | null = null;

  onHead(head: ReplyHead): void {
    this.head = head;
  }

  onBody(bytes: Buffer): void {
    this.#body.push(Buffer.from(bytes));
  }

  onEnd(): void {
    this.#isWhole = true;
  }

  /** @param otherwise what the reading is when the reply did not become whole */
  read(otherwise: Reading): Pick<OwnReading, 'reading' | 'head'> {
    const whole = { status: this.head?.status ?? 0, body: Buffer.concat(this.#body).toString('latin1') };
    return { reading: this.#isWhole ? whole : otherwise, head: this.head };
  }
}

/** Node's own client, on a connection that answers with these bytes and ends. */
export function readReplyWithNode(bytes: Buffer): Promise<Reading> {
  return new Promise((resolve) => {
    const connection = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done: () => void) => {
        done();
        connection.push(bytes);
        connection.push(null);
      },
    });
    let response: IncomingMessage | null = null;
    const fail = (error: NodeJS.ErrnoException): void => {
      // What came behind a whole reply is an error too, but the reply is read.
      if (response?.complete !== true) resolve(error.code === 'ECONNRESET' ? 'cut off' : 'refused');
    };
    const sent = request({ createConnection: () => connection }, (incoming) => {
      response = incoming;
      const body: Buffer[] = [];
      incoming.on('error', fail);
      incoming.on('data', (chunk: Buffer) => body.push(chunk));
      incoming.on('end', () => {
        if (incoming.complete) {
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(body).toString('latin1') });
        }
      });
    });
    sent.on('error', fail);
    sent.on('upgrade', () => resolve('refused'));
    sent.end();
  });
}
