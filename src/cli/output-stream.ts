import { Writable } from 'node:stream';

import type { Output } from './context.js';

/** An output as a stream that goes no faster than its reader. */
export function toStream(output: Output): Writable {
  const target = output instanceof Writable ? output : null;
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      if (output.write(text) !== false || target === null) done();
      else target.once('drain', done);
    },
  });
  target?.on('error', (error) => stream.destroy(error));
  return stream;
}

/** Whoever reads has seen enough, as with `| head`. */
export const isReaderGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EPIPE';
