import { open } from 'node:fs/promises';

/** Larger than any configuration; keeps a wrong path (a log, a device) from filling the memory. */
export const maxFileBytes = 1024 * 1024;

export type ReadText = { readonly text: string } | { readonly fault: string };

/** A file's text, or why it cannot be read, as a sentence without the path. */
export async function readText(path: string): Promise<ReadText> {
  let bytes: Buffer;
  try {
    bytes = await readCapped(path);
  } catch (error) {
    return { fault: describe(error) };
  }
  if (bytes.length > maxFileBytes) return { fault: `is larger than ${maxFileBytes} bytes` };
  try {
    // TextDecoder drops a byte order mark and refuses what is not UTF-8.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { fault: 'is not UTF-8 text' };
  }
}

/** At most one byte more than allowed, so that the caller sees when it was too much. */
async function readCapped(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of handle.createReadStream({ end: maxFileBytes, autoClose: false })) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return Buffer.concat(chunks, size);
  } finally {
    await handle.close();
  }
}

function describe(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    case 'EISDIR':
      return 'is a folder, not a file';
    default:
      return `cannot be read${typeof code === 'string' ? ` (${code})` : ''}`;
  }
}
