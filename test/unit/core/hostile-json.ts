import fc from 'fast-check';

import { scanObject } from '../../../src/core/json-object.js';
import { JsonSyntaxError, type JsonMembers } from '../../../src/core/json-scanner.js';

export const bytesOf = (text: string): Buffer => Buffer.from(text);

/** Member name to the text of its value. */
export function textsOf(bytes: Buffer, members: JsonMembers): Record<string, string> {
  return Object.fromEntries(
    members.all.map(({ name, start, end }) => [name, bytes.toString('utf8', start, end)]),
  );
}

export function parses(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export function scans(bytes: Buffer): boolean {
  try {
    scanObject(bytes);
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

/** What JSON.parse finds, member by member; entries, so that `__proto__` is an ordinary name. */
export const parsedEntries = (text: string): [string, unknown][] =>
  Object.entries(JSON.parse(text) as Record<string, unknown>).sort(byName);
export const scannedEntries = (bytes: Buffer, members: JsonMembers): [string, unknown][] =>
  entriesOf(members, (start, end) => bytes.toString('utf8', start, end));
/** The same of members found in a text. */
export const textEntries = (text: string, members: JsonMembers): [string, unknown][] =>
  entriesOf(members, (start, end) => text.slice(start, end));
const entriesOf = (
  { all }: JsonMembers,
  textOf: (start: number, end: number) => string,
): [string, unknown][] =>
  [...new Map(all.map(({ name, start, end }) => [name, JSON.parse(textOf(start, end)) as unknown]))].sort(
    byName,
  );
export const byName = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** JSON objects that try to look like envelopes from within, in the texts that people and machines write. */
const hostileName = fc.oneof(
  fc.constantFrom(
    'id',
    'result',
    'error',
    'method',
    'params',
    'jsonrpc',
    '__proto__',
    'constructor',
    '',
    '\\',
    '"',
    '{',
    '"id":1',
  ),
  fc.string({ unit: 'binary' }),
);
const hostileString = fc.oneof(
  fc.constantFrom(
    '","id":2,"x":"',
    '}',
    '{"id":3}',
    '\\',
    '\\"',
    '\\\\',
    '\u2028',
    '\ud800',
    'é€😀',
    '\n\r\t\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 120 }),
);
const { value: hostileValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    hostileString,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }).map(Number),
    fc.constantFrom(true, false, null, 0, -0, 1e300),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(hostileName, tie('value')), { maxLength: 5 }).map((members) => new Members(members)),
  ),
}));

/** An object with its order and duplicates. */
class Members {
  constructor(readonly list: readonly (readonly [string, unknown])[]) {}
}

function write(value: unknown, pad: () => string, escapeAll: boolean): string {
  const text = (it: string): string => {
    const json = JSON.stringify(it);
    if (!escapeAll) return json;
    return `"${Array.from({ length: it.length }, (_, n) => `\\u${it.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')}"`;
  };
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value))
    return `[${pad()}${value.map((it) => write(it, pad, escapeAll) + pad()).join(',')}]`;
  if (value instanceof Members) {
    const members = value.list.map(
      ([name, it]) => `${pad()}${text(name)}${pad()}:${pad()}${write(it, pad, escapeAll)}${pad()}`,
    );
    return `{${members.join(',')}${members.length === 0 ? pad() : ''}}`;
  }
  return JSON.stringify(value);
}

export const hostileObjectText = fc
  .tuple(
    fc.array(fc.tuple(hostileName, hostileValue), { maxLength: 6 }),
    fc.array(fc.constantFrom('', '', ' ', '\n', '\r\n\t'), { minLength: 7, maxLength: 7 }),
    fc.boolean(),
  )
  .map(([members, pads, escapeAll]) => {
    let next = 0;
    const pad = (): string => pads[next++ % pads.length] ?? '';
    return pad() + write(new Members(members), pad, escapeAll) + pad();
  });
