import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Transform } from 'node:stream';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

export interface DecoderSink {
  /** Decoded bytes; throwing ends the decoding, with `onFailure`. */
  onDecoded(bytes: Buffer): void;
  onDecodedEnd(): void;
  onFailure(error: unknown): void;
}

/**
 * Undoes a content encoding, for upstreams that compress although we ask for `identity`. The sink counts what comes
 * out and throws at its cap: a bomb is stopped after the next small piece, not after it went off.
 */
export class ContentDecoder {
  readonly #stream: Transform;
  #isOver = false;

  private constructor(
    stream: Transform,
    private readonly sink: DecoderSink,
  ) {
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      try {
        sink.onDecoded(bytes);
      } catch (error) {
        this.#fail(error);
      }
    });
    stream.on('end', () => {
      if (this.#isOver) return;
      this.#isOver = true;
      sink.onDecodedEnd();
    });
    stream.on('error', (error) => this.#fail(error));
  }

  /** null for an encoding we do not know. */
  static of(encoding: string, sink: DecoderSink): ContentDecoder | null {
    const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
    return create === undefined ? null : new ContentDecoder(create(), sink);
  }

  /** false: wait for `resume` before writing more. */
  write(bytes: Buffer, resume: () => void): boolean {
    if (this.#isOver) return true;
    // A copy: it is read later, when the memory may hold something else.
    const hasRoom = this.#stream.write(Buffer.from(bytes));
    if (!hasRoom) this.#stream.once('drain', resume);
    return hasRoom;
  }

  end(): void {
    if (!this.#isOver) this.#stream.end();
  }

  destroy(): void {
    this.#isOver = true;
    this.#stream.destroy();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.destroy();
    this.sink.onFailure(error);
  }
}
