import { describe, expect, it } from '@jest/globals';

import {
  transformMcpToolToAnthropicTool,
  transformMcpToolToOpenAIResponsesTool,
  transformMcpToolToOpenAITool,
  transformOpenAIToolCallRequestToMcpToolCallRequest,
  type OpenAIToolCall,
} from '../../../src/sdk/index.js';

describe('transformMcpToolToOpenAITool', () => {
  it('makes a function tool and drops what has no place in one', () => {
    const tool = {
      name: 'demo__add',
      title: 'Add',
      description: 'Adds',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' } },
        required: ['a'],
        $defs: { x: {} },
      },
      outputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    };
    const before = structuredClone(tool);
    expect(transformMcpToolToOpenAITool(tool)).toEqual({
      type: 'function',
      function: {
        name: 'demo__add',
        description: 'Adds',
        parameters: {
          type: 'object',
          properties: { a: { type: 'number' } },
          required: ['a'],
          $defs: { x: {} },
        },
        strict: false,
      },
    });
    expect(tool).toEqual(before);
  });

  const empty = { type: 'object', properties: {} };
  it.each([
    [undefined, empty],
    [null, empty],
    [{}, empty],
    [{ type: 'array' }, empty],
    [{ properties: null }, empty],
    [{ properties: ['a'] }, empty],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      { ...empty, additionalProperties: { type: 'string' } },
    ],
  ])('always has type object and properties: %j', (inputSchema, parameters) => {
    expect(transformMcpToolToOpenAITool({ name: 'x', inputSchema }).function.parameters).toEqual(parameters);
  });

  it('makes no description an empty one, and leaves names alone', () => {
    expect(transformMcpToolToOpenAITool({ name: 'bad name!', description: null }).function).toMatchObject({
      name: 'bad name!',
      description: '',
    });
    expect(transformMcpToolToOpenAITool({ name: 'x' }).function.description).toBe('');
  });
});

describe('the other tool formats', () => {
  const tool = { name: 'x', description: 'X', inputSchema: { type: 'object', properties: { a: {} } } };
  const parameters = { type: 'object', properties: { a: {} } };

  it('are flat for the responses API', () => {
    expect(transformMcpToolToOpenAIResponsesTool(tool)).toEqual({
      type: 'function',
      name: 'x',
      description: 'X',
      parameters,
      strict: false,
    });
  });

  it("have Anthropic's names", () => {
    expect(transformMcpToolToAnthropicTool(tool)).toEqual({
      name: 'x',
      description: 'X',
      input_schema: parameters,
    });
  });
});

describe('transformOpenAIToolCallRequestToMcpToolCallRequest', () => {
  const transform = (openaiTool: unknown): unknown =>
    transformOpenAIToolCallRequestToMcpToolCallRequest({ openaiTool: openaiTool as OpenAIToolCall });

  it.each([
    ['{"x":1}', { x: 1 }],
    [{ x: 1 }, { x: 1 }],
    [' {"x":{"y":[]}} ', { x: { y: [] } }],
    ['nope', {}],
    ['', {}],
    [undefined, {}],
    [null, {}],
    ['null', {}],
    ['[1]', {}],
    ['"x"', {}],
    ['1', {}],
    [[1], {}],
    [1, {}],
    ['{"x":1', {}],
  ])('arguments %j become %j', (written, expected) => {
    const call = { id: 'call_1', type: 'function', function: { name: 'demo__add', arguments: written } };
    expect(transform(call)).toEqual({ name: 'demo__add', arguments: expected });
  });

  it.each([
    [{}],
    [{ function: null }],
    [{ function: 'x' }],
    [{ id: 'c', type: 'custom', custom: { name: 'x' } }],
  ])('throws without a function: %j', (call) =>
    expect(() => transform(call)).toThrow(new TypeError('The tool call has no function.')),
  );

  it.each([[{}], [{ name: '' }], [{ name: null }], [{ name: 7 }], [{ arguments: '{}' }]])(
    'throws without a name: %j',
    (called) =>
      expect(() => transform({ function: called })).toThrow(
        new TypeError('The function of the tool call has no name.'),
      ),
  );
});
