import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { scanObject } from '../../../src/core/json-object.js';
import { arrayElements } from '../../../src/upstream-registry/catalog/array-elements.js';
import { definitionLists } from '../../../src/upstream-registry/catalog/definition-checks.js';
import { readList } from '../../../src/upstream-registry/catalog/list-reader.js';

const limits = { pages: 64, timeoutMs: 5_000, schemaDepth: 64 };

function answer(
  json: string,
): () => Promise<{ kind: 'result'; result: { chunks: Buffer[]; byteLength: number } }> {
  const bytes = Buffer.from(json);
  return () => Promise.resolve({ kind: 'result', result: { chunks: [bytes], byteLength: bytes.length } });
}

describe('arrayElements', () => {
  test('finds what JSON.parse finds, whatever white space and strings', () => {
    const spaces = fc.constantFrom(undefined, 1, '\t', ' ');
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), spaces, (values, space) => {
        const bytes = Buffer.from(JSON.stringify({ a: 1, list: values, b: [] }, null, space));
        const range = scanObject(bytes).get('list');
        if (range === undefined) throw new Error('no list');
        const found = arrayElements(bytes, range).map(
          ({ start, end }) => JSON.parse(bytes.toString('utf8', start, end)) as unknown,
        );
        expect(found).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('readList', () => {
  test('keeps a definition as it was written, but for line breaks', async () => {
    const definition =
      '{ "inputSchema":{"type":"object","x":1.0,"big":12345678901234567890},\n "name":"a", "\\u0074itle":"T" }';
    const { definitions } = await readList(
      definitionLists.tools,
      answer(`{"tools":[ ${definition} ]}`),
      limits,
    );
    expect(definitions).toEqual([{ key: 'a', json: definition.replace('\n', ' ') }]);
  });

  test('of two with one name the first counts', async () => {
    const list = '{"prompts":[{"name":"a","title":"1"},{"name":"a","title":"2"}]}';
    const { definitions, rejected } = await readList(definitionLists.prompts, answer(list), limits);
    expect(definitions).toEqual([{ key: 'a', json: '{"name":"a","title":"1"}' }]);
    expect(rejected).toMatchObject([{ kind: 'prompt', name: 'a' }]);
  });

  test.each([
    ['{"name":""}', 'prompts'],
    ['{"name":"a\\nb"}', 'prompts'],
    ['{"name":"a","arguments":[{}]}', 'prompts'],
    ['{"name":"a","arguments":{}}', 'prompts'],
    ['{"name":"a","description":1}', 'prompts'],
    ['{"uri":"x://y"}', 'resources'],
    ['{"uri":1,"name":"a"}', 'resources'],
    ['{"uri":"x://y","name":"a","mimeType":1}', 'resources'],
    ['{"uriTemplate":"","name":"a"}', 'resourceTemplates'],
    ['{"name":"\\x"}', 'prompts'],
    ['[1]', 'tools'],
  ] as const)('%s stays out of the %s', async (definition, name) => {
    const list = definitionLists[name];
    const { definitions, rejected } = await readList(
      list,
      answer(`{"${list.member}":[${definition}]}`),
      limits,
    );
    expect(definitions).toEqual([]);
    expect(rejected).toHaveLength(1);
  });

  test.each(['{}', '{"tools":{}}', '{"tools":null}'])('%s is no list', async (json) => {
    await expect(readList(definitionLists.tools, answer(json), limits)).rejects.toMatchObject({
      stage: 'list',
    });
  });

  test('a list of more definitions than anybody offers is cut', async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => `{"name":"p${i}"}`).join(',');
    const { definitions, rejected } = await readList(
      definitionLists.prompts,
      answer(`{"prompts":[${many}]}`),
      limits,
    );
    expect(definitions).toHaveLength(10_000);
    expect(rejected.at(-1)?.reason).toContain('too large');
  });
});
