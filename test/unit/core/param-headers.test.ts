import { describe, expect, test } from '@jest/globals';

import { isMirrored, mirroredArguments, paramHeadersOf } from '../../../src/core/param-headers.js';

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const region = { type: 'string', 'x-mcp-header': 'Region' };

describe('arguments that travel as headers', () => {
  test('are found at any depth of properties', () => {
    const schema = object({ region, options: object({ fast: { type: 'boolean', 'x-mcp-header': 'Fast' } }) });
    expect(paramHeadersOf(schema)).toEqual([
      { header: 'mcp-param-region', path: ['region'] },
      { header: 'mcp-param-fast', path: ['options', 'fast'] },
    ]);
  });

  test('are none in a schema that asks for none, or that only looks as if', () => {
    expect(paramHeadersOf(object({ 'x-mcp-header': { type: 'string' } }))).toEqual([]);
    expect(paramHeadersOf(object({ a: { type: 'object', default: { 'x-mcp-header': 'No' } } }))).toEqual([]);
    expect(paramHeadersOf(undefined)).toEqual([]);
  });

  test.each<[string, object]>([
    ['an empty name', object({ a: { type: 'string', 'x-mcp-header': '' } })],
    ['a name with a space', object({ a: { type: 'string', 'x-mcp-header': 'a b' } })],
    ['a name with a line break', object({ a: { type: 'string', 'x-mcp-header': 'a\r\nX: y' } })],
    ['a name that is no text', object({ a: { type: 'string', 'x-mcp-header': 1 } })],
    ['a number', object({ a: { type: 'number', 'x-mcp-header': 'A' } })],
    ['an object', object({ a: { type: 'object', 'x-mcp-header': 'A' } })],
    ['a value of no type', object({ a: { 'x-mcp-header': 'A' } })],
    ['the same name twice', object({ a: region, b: { type: 'string', 'x-mcp-header': 'REGION' } })],
    ['the arguments as a whole', object({}, { 'x-mcp-header': 'All' })],
    ['items of a list', object({ a: { type: 'array', items: region } })],
    ['one of several', object({ a: { oneOf: [region] } })],
    ['a condition', object({}, { if: object({ a: region }) })],
    ['a definition', object({}, { $defs: { a: region } })],
    ['any further argument', object({}, { additionalProperties: region })],
  ])('must not be %s', (_, schema) => {
    expect(() => paramHeadersOf(schema)).toThrow('x-mcp-header');
  });

  const headers = paramHeadersOf(
    object({
      region,
      count: { type: 'integer', 'x-mcp-header': 'Count' },
      deep: object({ on: { type: 'boolean', 'x-mcp-header': 'On' } }),
    }),
  );

  test('are written as the revision has it', () => {
    expect(mirroredArguments(headers, { region: 'us-west1', count: -7, deep: { on: false } })).toEqual([
      'mcp-param-region',
      'us-west1',
      'mcp-param-count',
      '-7',
      'mcp-param-on',
      'false',
    ]);
    expect(mirroredArguments(headers, { region: 'Hello, 世界' })).toEqual([
      'mcp-param-region',
      '=?base64?SGVsbG8sIOS4lueVjA==?=',
    ]);
    expect(mirroredArguments(headers, { region: ' padded ' })[1]).toBe('=?base64?IHBhZGRlZCA=?=');
    expect(mirroredArguments(headers, { region: 'line1\nline2' })[1]).toBe('=?base64?bGluZTEKbGluZTI=?=');
    expect(mirroredArguments(headers, { region: '=?base64?literal?=' })[1]).toBe(
      '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=',
    );
    expect(mirroredArguments(headers, { region: null, count: 1e300, deep: 'no' })).toEqual([]);
    expect(mirroredArguments(headers, undefined)).toEqual([]);
  });

  const [regionHeader, countHeader] = headers;

  test.each([
    ['the same text', 'us', { region: 'us' }, true],
    ['the same text in Base64', '=?base64?dXM=?=', { region: 'us' }, true],
    ['another text', 'eu', { region: 'us' }, false],
    ['malformed Base64', '=?base64?***?=', { region: 'us' }, false],
    ['nothing at all', undefined, { region: 'us' }, false],
    ['nothing of nothing', undefined, {}, true],
    ['something of nothing', 'us', {}, false],
    ['something of null', 'us', { region: null }, false],
  ])('a header that says %s', (_, header, args, isRight) => {
    if (regionHeader === undefined) throw new Error('no header');
    expect(isMirrored(header, args, regionHeader)).toBe(isRight);
  });

  test('numbers are compared as numbers, texts as texts', () => {
    if (countHeader === undefined || regionHeader === undefined) throw new Error('no header');
    expect(isMirrored('42.0', { count: 42 }, countHeader)).toBe(true);
    expect(isMirrored('0x2a', { count: 42 }, countHeader)).toBe(false);
    expect(isMirrored('42.0', { region: '42' }, regionHeader)).toBe(false);
  });
});
