import { describe, expect, it } from '@jest/globals';
import { ListToolsResultSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';

import { checkToolDefinition } from '../../../src/core/tool-definition.js';

const limits = { schemaDepth: 64 };
const tool = { name: 'add', inputSchema: { type: 'object' } };
const nested = (depth: number): unknown =>
  JSON.parse('{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1));

describe('checkToolDefinition', () => {
  it('accepts a definition with all that MCP has, and with what it does not know', () => {
    const definition = {
      ...tool,
      title: 'Add',
      description: '',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' } },
        required: ['a'],
        $defs: { x: true },
      },
      outputSchema: { type: 'object', properties: {} },
      annotations: { title: 'Add', readOnlyHint: true, somethingNew: 1 },
      icons: [{ src: 'data:image/png;base64,', sizes: ['any'], theme: 'dark' }],
      execution: { taskSupport: 'optional' },
      _meta: { 'x/y': [] },
      somethingNew: null,
    };
    expect(checkToolDefinition(definition, limits)).toBeNull();
  });

  it.each([
    [null, 'not an object'],
    [[], 'not an object'],
    ['add', 'not an object'],
    [{ ...tool, name: 'bad name!' }, 'name'],
    [{ inputSchema: tool.inputSchema }, 'name'],
    [{ name: 'add' }, '"inputSchema" is not an object'],
    [{ ...tool, inputSchema: null }, '"inputSchema" is not an object'],
    [{ ...tool, inputSchema: [] }, '"inputSchema" is not an object'],
    [{ ...tool, inputSchema: {} }, '"inputSchema" has not the type "object"'],
    [{ ...tool, inputSchema: { type: 'array' } }, '"inputSchema" has not the type "object"'],
    [{ ...tool, inputSchema: { type: 'object', properties: [] } }, '"properties" of "inputSchema"'],
    [
      { ...tool, inputSchema: { type: 'object', properties: { a: 'string' } } },
      '"properties" of "inputSchema"',
    ],
    [{ ...tool, inputSchema: { type: 'object', required: 'a' } }, '"required" of "inputSchema"'],
    [{ ...tool, outputSchema: 'object' }, '"outputSchema" is not an object'],
    [{ ...tool, outputSchema: null }, '"outputSchema" is not an object'],
    [{ ...tool, description: 5 }, '"description"'],
    [{ ...tool, title: null }, '"title"'],
    [{ ...tool, annotations: { readOnlyHint: 'yes' } }, '"annotations"'],
    [{ ...tool, icons: [{}] }, '"icons"'],
    [{ ...tool, execution: { taskSupport: 'sometimes' } }, '"execution"'],
    [{ ...tool, _meta: 1 }, '"_meta"'],
  ])('refuses %j', (definition, why) => expect(checkToolDefinition(definition, limits)).toContain(why));

  it('takes a schema of 64 levels and not of 65', () => {
    const withSchema = (depth: number): unknown => ({
      ...tool,
      inputSchema: { type: 'object', properties: nested(depth - 1) },
    });
    expect(checkToolDefinition(withSchema(64), limits)).toBeNull();
    expect(checkToolDefinition(withSchema(65), limits)).toBe('"inputSchema" is nested deeper than 64.');
  });

  it('survives what is very deep, very wide, or both', () => {
    expect(checkToolDefinition({ ...tool, _meta: nested(100_000) }, limits)).toBe(
      '"_meta" is nested deeper than 64.',
    );
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`p${n}`, { type: 'string' }]));
    expect(
      checkToolDefinition({ ...tool, inputSchema: { type: 'object', properties: wide } }, limits),
    ).toBeNull();
  });

  it('never throws, and what it accepts no official client refuses', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom({}, [], 'object', { type: 'object' }, true));
    const names = [
      'title',
      'description',
      'inputSchema',
      'outputSchema',
      'annotations',
      'icons',
      'execution',
      '_meta',
    ];
    const change = fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('', 'type', 'properties', 'required', 'title', 'src'),
      member,
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
        const definition: Record<string, unknown> = { ...tool };
        for (const [name, inner, value] of changes) {
          definition[name] = inner === '' ? value : { type: 'object', [inner]: value };
        }
        const problem = checkToolDefinition(definition, limits);
        if (problem === null)
          expect(ListToolsResultSchema.safeParse({ tools: [definition] }).success).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(typeof checkToolDefinition(value, limits)).toBe('string'),
      ),
    );
  });
});
