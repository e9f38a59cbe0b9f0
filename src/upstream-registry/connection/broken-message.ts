const headBytes = 512;
const tailBytes = 256;

/** Whether bytes that are no JSON-RPC message were meant as one, as opposed to a log line. */
export function looksLikeMessage(chunks: readonly Buffer[]): boolean {
  const text = ends(chunks);
  return text.startsWith('{') && text.includes('"jsonrpc"');
}

/** The id a broken answer seems to have had, or 0. A guess: it may fail a call early, never answer it. */
export function guessAnsweredId(chunks: readonly Buffer[]): number {
  const found = /"id"\s*:\s*([1-9][0-9]{0,14})(?![0-9.eE])/.exec(ends(chunks));
  return found === null ? 0 : Number(found[1]);
}

function ends(chunks: readonly Buffer[]): string {
  const head = chunks[0]?.toString('latin1', 0, headBytes) ?? '';
  const last = chunks.at(-1);
  const tail = last?.toString('latin1', Math.max(0, last.length - tailBytes)) ?? '';
  return `${head.trimStart()}\n${tail}`;
}
