import { isTextAt } from './json-bytes.js';

/** Names that nearly every message has: to know one is a quarter of what it costs to make a string of its bytes. */
const names = [
  ...['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'code', 'message', 'data'],
  ...['_meta', 'progressToken', 'progress', 'total', 'content', 'structuredContent', 'isError'],
  ...['resultType', 'type', 'text', 'name', 'arguments', 'level', 'logger'],
];

/** By length. */
const wellKnown: string[][] = [];
for (const name of names) (wellKnown[name.length] ??= []).push(name);

/** The name that stands in the bytes, when it is one of the well known; all of these are their own JSON text. */
export function wellKnownName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const candidates = wellKnown[end - start];
  if (candidates === undefined) return undefined;
  for (const name of candidates) if (isTextAt(bytes, start, name)) return name;
  return undefined;
}
