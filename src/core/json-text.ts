import { JsonMembers, type JsonMember } from './json-members.js';

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The members of the JSON object that begins at or behind `from` in a text which `JSON.parse` accepts; ranges are in
 * UTF-16 units. Nothing is checked again: of any other text the result means nothing.
 */
export function textMembers(text: string, from = 0): JsonMembers {
  const start = text.indexOf('{', from);
  const members: JsonMember[] = [];
  let at = skipSpace(text, start + 1);
  while (text.charCodeAt(at) === quote) {
    const nameStart = at;
    const nameEnd = endOfString(text, at);
    const valueStart = skipSpace(text, text.indexOf(':', nameEnd) + 1);
    const end = endOfValue(text, valueStart);
    members.push({ name: nameOf(text, nameStart, nameEnd), nameStart, start: valueStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1);
  }
  return new JsonMembers({ start, end: at + 1 }, members);
}

function nameOf(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1);
  return name.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : name;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = end;
    while (text.charCodeAt(escapes - 1) === backslash) escapes--;
    if ((end - escapes) % 2 === 0) return end + 1;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return endOfString(text, start);
  const isNested = first === openBrace || first === openBracket;
  return isNested ? endOfNested(text, start) : endOfScalar(text, start);
}

function endOfNested(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === quote) {
      at = endOfString(text, at);
      continue;
    }
    at++;
    if (unit === openBrace || unit === openBracket) depth++;
    else if ((unit === closeBrace || unit === closeBracket) && --depth === 0) return at;
  }
  return at;
}

/** Numbers and words end before a comma, a bracket or white space. */
function endOfScalar(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= 0x20 || unit === comma || unit === closeBrace || unit === closeBracket) break;
  }
  return at;
}
