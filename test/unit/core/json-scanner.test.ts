import { describe, expect, it } from '@jest/globals';

import { scanObject } from '../../../src/core/json-object.js';
import { JsonObjectScanner, JsonSyntaxError } from '../../../src/core/json-scanner.js';
import { bytesOf, parsedEntries, parses, scannedEntries, scans, textsOf } from './hostile-json.js';

const scanText = (text: string): Record<string, string> => textsOf(bytesOf(text), scanObject(bytesOf(text)));

describe('JsonObjectScanner', () => {
  it.each([
    ['{}', {}],
    [' \t\r\n{ } \n', {}],
    ['{"id":1}', { id: '1' }],
    ['{ "id" : "a" , "result" : {"id":2} }', { id: '"a"', result: '{"id":2}' }],
    [
      '{"a":[{"id":"},{"}],"id":-1.5e+3,"n":null,"t":true,"f":false}',
      { a: '[{"id":"},{"}]', id: '-1.5e+3', n: 'null', t: 'true', f: 'false' },
    ],
    ['{"result":"\\",\\"id\\":2","id":1}', { result: '"\\",\\"id\\":2"', id: '1' }],
    ['{"a\\"b\\\\":"\\\\"}', { 'a"b\\': '"\\\\"' }],
    ['{"\\u0069d":7}', { id: '7' }],
    ['{"id":1,"id":2,"\\u0069d":3}', { id: '3' }],
    ['{"id":123456789012345678901234567890,"x":1E400}', { id: '123456789012345678901234567890', x: '1E400' }],
    ['{"":{"":[]}}', { '': '{"":[]}' }],
    ['{"ü€😀":"ü€😀"}', { 'ü€😀': '"ü€😀"' }],
  ])('finds the members of %s', (text, expected) => expect(scanText(text)).toEqual(expected));

  it('keeps __proto__ and constructor as ordinary names', () => {
    const members = scanObject(bytesOf('{"__proto__":{"polluted":1},"constructor":2}'));
    expect(members.all.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  });

  it.each([
    '',
    ' ',
    'null',
    '1',
    '"a"',
    '[]',
    '[{}]',
    '{',
    '}',
    '{}}',
    '{}{}',
    '{} x',
    '{},',
    '\ufeff{}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1 "b":2}',
    '{"a":1,,"b":2}',
    '{"a"::1}',
    '{"a" 1}',
    "{'a':1}",
    '{a:1}',
    '{"a":[}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":[1}]',
    '{"a":{"b":1]}',
    '{"a":[1:2]}',
    '{"a":{"b",1}}',
    '{"a":tru}',
    '{"a":nul,"b":1}',
    '{"a":truee}',
    '{"a":True}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":undefined}',
    '{"a":01}',
    '{"a":-}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":--1}',
    '{"a":1.2.3}',
    '{"a":0x1}',
    '{"a":1-2}',
    '{"a":1/*c*/}',
    '{"a":"b}',
    '{"a":"b\\"}',
    '{"a\\x":1}',
    '{"a\n":1}',
    '{"\\ud80":1}',
    '{"a":1\u00a0}',
    '{\u0000}',
    '{"a":1\u0000}',
  ])('refuses %j', (text) => {
    expect(scans(bytesOf(text))).toBe(false);
    expect(parses(text)).toBe(false);
  });

  it('says where, and never what stands there', () => {
    expect(() => scanObject(bytesOf('{"token": sk-secret}'))).toThrow(
      new JsonSyntaxError('a value is missing', 10),
    );
    expect(() => scanObject(bytesOf('{"sk-secret": 1'))).toThrow(
      'Invalid JSON at byte 15: it ends too early.',
    );
  });

  it('takes nesting up to its limit and no deeper', () => {
    const nested = (depth: number): Buffer =>
      bytesOf('{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1));
    expect(scans(nested(512))).toBe(true);
    expect(scans(nested(513))).toBe(false);
    expect(scans(bytesOf(`{"a":${'['.repeat(1_000_000)}`))).toBe(false);
    expect(() => new JsonObjectScanner(2).push(bytesOf('{"a":[[]]}'))).toThrow('nested deeper than 2');
  });

  it('refuses more members than anybody needs', () => {
    const wide = (count: number): Buffer =>
      bytesOf(`{${Array.from({ length: count }, (_, n) => `"${n}":0`).join()}}`);
    expect(scanObject(wide(10_000)).all.length).toBe(10_000);
    expect(scans(wide(10_001))).toBe(false);
    expect(scanObject(bytesOf(`{"result":${wide(10_001).toString()}}`)).all.length).toBe(1);
  });

  it('does not look into strings: what JSON.parse refuses there passes', () => {
    expect(scans(bytesOf('{"a":"line\nbreak"}'))).toBe(true);
    expect(scans(bytesOf('{"a":"\\x"}'))).toBe(true);
    expect(scans(Buffer.from([...bytesOf('{"a":"'), 0xff, 0xc0, ...bytesOf('"}')]))).toBe(true);
  });

  it('takes long strings with any number of backslashes before a quote', () => {
    for (const backslashes of [0, 1, 2, 3, 60, 61, 100, 101]) {
      const value = `"${'x'.repeat(200)}${'\\'.repeat(backslashes)}${backslashes % 2 === 1 ? '"' : ''}"`;
      expect(scanText(`{"a":${value},"id":1}`)).toEqual({ a: value, id: '1' });
    }
  });

  it('reads a MiB of text, escaped or not, far faster than it could be parsed', () => {
    const line = `${'x'.repeat(60)}\n`;
    const bytes = bytesOf(
      JSON.stringify({ id: 1, text: line.repeat(17_000), json: JSON.stringify(['"'.repeat(1_000)]) }),
    );
    const members = scanObject(bytes);
    expect(scannedEntries(bytes, members)).toEqual(parsedEntries(bytes.toString()));
  });
});

describe('scanObject', () => {
  it('scans within a range and answers in offsets of the whole buffer', () => {
    const bytes = bytesOf('{"params":{"name":"x","arguments":{"a":[1]}},"id":1}');
    const params = scanObject(bytes, scanObject(bytes).get('params'));
    expect(textsOf(bytes, params)).toEqual({ name: '"x"', arguments: '{"a":[1]}' });
    expect(bytes.toString('utf8', params.object.start, params.object.end)).toBe(
      '{"name":"x","arguments":{"a":[1]}}',
    );
    expect(() => scanObject(bytes, scanObject(bytes).get('id'))).toThrow(
      'Invalid JSON at byte 50: it is not an object.',
    );
  });
});
