import { MessageChannel } from 'node:worker_threads';

/** Less is not worth the way out. */
const worthwhileBytes = 16 * 1024;

const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();

/**
 * Gives back the memory of bytes that were copied and that nobody reads any more, now instead of at some garbage
 * collection: megabytes of what was read and used up make V8 mark the whole heap. What shares its memory with other
 * buffers, or is small, is left alone.
 *
 * A message takes the memory along, and one that nobody can receive is thrown away at once.
 */
export function freeMemory({ buffer, byteLength }: Buffer): void {
  if (byteLength < worthwhileBytes || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) nowhere.postMessage(null, [buffer]);
}
