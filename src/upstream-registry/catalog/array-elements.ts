import type { JsonRange } from '../../core/json-members.js';

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The elements of an array within JSON that was scanned already, so that its brackets are known to match. */
export function arrayElements(bytes: Buffer, array: JsonRange): JsonRange[] {
  const elements: JsonRange[] = [];
  const last = array.end - 1;
  let start = array.start + 1;
  let depth = 0;
  let at = start;
  const endElement = (): void => {
    const range = trimmed(bytes, start, at);
    if (range.end > range.start) elements.push(range);
    start = at + 1;
  };
  for (; at < last; at++) {
    const byte = bytes[at];
    if (byte === quote) at = stringEnd(bytes, at + 1);
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (byte === comma && depth === 0) endElement();
  }
  at = last;
  endElement();
  return elements;
}

function stringEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function trimmed(bytes: Buffer, from: number, to: number): JsonRange {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] ?? 0) <= 0x20) start++;
  while (end > start && (bytes[end - 1] ?? 0) <= 0x20) end--;
  return { start, end };
}
