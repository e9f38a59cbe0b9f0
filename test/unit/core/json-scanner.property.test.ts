import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { scanObject } from '../../../src/core/json-object.js';
import { JsonObjectScanner, type JsonMembers } from '../../../src/core/json-scanner.js';
import { bytesOf, hostileObjectText, parsedEntries, parses, scannedEntries, scans } from './hostile-json.js';

function scanChunks(chunks: readonly Uint8Array[]): JsonMembers {
  const scanner = new JsonObjectScanner();
  for (const chunk of chunks) scanner.push(chunk);
  return scanner.end();
}

describe('JsonObjectScanner against JSON.parse', () => {
  it('finds the same members', () => {
    fc.assert(
      fc.property(hostileObjectText, (text) => {
        const bytes = bytesOf(text);
        expect(scannedEntries(bytes, scanObject(bytes))).toEqual(parsedEntries(bytes.toString()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds them however the bytes are cut', () => {
    fc.assert(
      fc.property(
        hostileObjectText,
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 }),
        (text, sizes) => {
          const bytes = bytesOf(text);
          const expected = scanObject(bytes);
          const chunks: Uint8Array[] = [];
          for (let at = 0, n = 0; at < bytes.length; n++) {
            const size = (sizes[n % sizes.length] ?? 0) + (n % 2);
            chunks.push(new Uint8Array(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(scanChunks(chunks)).toEqual(expected);
          const whole = JSON.stringify(expected.all);
          const cutsThatMatter = Array.from(bytes.keys()).filter(
            (at) => JSON.stringify(scanChunks([bytes.subarray(0, at), bytes.subarray(at)]).all) !== whole,
          );
          expect(cutsThatMatter).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('finds the members of one member as a scan of its own does', () => {
    const placed = fc.tuple(hostileObjectText, hostileObjectText, fc.nat({ max: 200 }), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(placed, ([result, other, cut, place]) => {
        const members = [`"result":${result}`, `"other":{"params":${other}}`, '"result_":{"a":1}', '"id":1'];
        const text = [...members.slice(place), ...members.slice(0, place)].join(', ');
        const bytes = bytesOf(`{${text}}`);
        const scanner = new JsonObjectScanner(undefined, 0, ['params', 'result']);
        scanner.push(bytes.subarray(0, cut));
        scanner.push(bytes.subarray(cut));
        const all = scanner.end();
        expect(all).toEqual(scanObject(bytes));
        expect(scanner.innerMembers('result')).toEqual(scanObject(bytes, all.get('result')));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"result":[{"a":1}]}', null],
    ['{"result":"x"}', null],
    ['{"a":{"result":{"b":1}}}', null],
    ['{"result":{"a":1},"result":2}', null],
    ['{"result":{"a":1},"result":[{"c":1}]}', null],
    ['{"result":{"a":1},"result":{"b":{"c":1}},"z":0}', ['b']],
    ['{"re\\u0073ult":{"a":1}}', ['a']],
    ['{"params":{"b":1},"result":{"a":1}}', ['a']],
    ['{"result":{"a":1},"params":{"b":1}}', null],
    ['{"result":{"a":1},"params":[{"b":1}]}', null],
    ['{"result":{"a":{"params":{"b":1}}},"params":2}', ['a']],
    [`{"result":{${Array.from({ length: 40 }, (_, n) => `"m${n}":0`).join()}}}`, null],
  ])('%s has the inner members %j', (text, expected) => {
    const scanner = new JsonObjectScanner(undefined, 0, ['result', 'params']);
    scanner.push(bytesOf(text));
    scanner.end();
    expect(scanner.innerMembers('result')?.all.map(({ name }) => name) ?? null).toEqual(expected);
  });

  it('accepts no part of a message as the whole', () => {
    fc.assert(
      fc.property(hostileObjectText, (text) => {
        const bytes = bytesOf(text.trimEnd());
        expect(Array.from(bytes.keys()).filter((length) => scans(bytes.subarray(0, length)))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('never sees another structure in bytes that were tampered with', () => {
    const tampering = fc.tuple(
      fc.nat(),
      fc.constantFrom('set', 'insert', 'delete', 'swap'),
      fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...bytesOf('{}[]",:\\ \n0-+.eEtfnu'))),
    );
    fc.assert(
      fc.property(
        hostileObjectText,
        fc.array(tampering, { minLength: 1, maxLength: 3 }),
        (text, tamperings) => {
          const list = [...bytesOf(text)];
          for (const [where, how, byte] of tamperings) {
            const at = where % (list.length + 1);
            if (how === 'insert') list.splice(at, 0, byte);
            else if (how === 'delete') list.splice(at, 1);
            else if (at < list.length) list[at] = how === 'set' ? byte : (list[at + 1] ?? byte);
          }
          const bytes = Buffer.from(list);
          // Control characters and unknown escapes within strings are what the scanner leaves unchecked.
          const lenient = withoutWhatIsUnchecked(bytes.toString('latin1'));
          expect(scans(bytes)).toBe(parses(lenient));
          if (parses(bytes.toString())) {
            expect(scannedEntries(bytes, scanObject(bytes))).toEqual(parsedEntries(bytes.toString()));
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

/** The text with the inside of every string value made harmless; names of the object itself stay. */
function withoutWhatIsUnchecked(text: string): string {
  let depth = 0;
  let isName = false;
  return text.replace(/"((?:[^"\\]|\\[^])*)"|[{}[\],:]/g, (token: string, inside: string | undefined) => {
    if (token === '{') isName = true;
    if (token === ',') isName = true;
    if (token === ':') isName = false;
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (inside === undefined) return token;
    return depth === 1 && isName ? token : '"x"';
  });
}
