import { describe, expect, test } from '@jest/globals';

import { reviewedDefinition, toolFingerprint } from '../../../src/core/tool-fingerprint.js';

const of = (json: string) => toolFingerprint({ name: 'tool', json });
const base = {
  name: 'tool',
  description: 'Reads.',
  inputSchema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } } },
};

describe('the fingerprint of a tool', () => {
  test('is a SHA-256', () => {
    expect(of(JSON.stringify(base))).toMatch(/^[0-9a-f]{64}$/);
  });

  test('does not see white space and the order of members', () => {
    const reordered = `{ "inputSchema": {"properties":{"b":{"type":"number"},"a":{"type":"string"}},"type":"object"},
      "description" : "Reads.", "name":"tool" }`;
    expect(of(reordered)).toBe(of(JSON.stringify(base)));
  });

  test.each([
    ['name', { name: 'other' }],
    ['title', { title: 'Reader' }],
    ['description', { description: 'Reads, and sends it on.' }],
    ['input schema', { inputSchema: { ...base.inputSchema, required: ['a'] } }],
    ['output schema', { outputSchema: { type: 'object' } }],
    ['annotations', { annotations: { readOnlyHint: true } }],
  ])('sees a change of %s', (_what, change) => {
    expect(of(JSON.stringify({ ...base, ...change }))).not.toBe(of(JSON.stringify(base)));
  });

  test('sees the order of lists', () => {
    const listing = (required: string[]) =>
      of(JSON.stringify({ ...base, inputSchema: { ...base.inputSchema, required } }));
    expect(listing(['a', 'b'])).not.toBe(listing(['b', 'a']));
  });

  test('does not see what may differ from one reading to the next', () => {
    const changing = { ...base, _meta: { readAt: 1 }, icons: [{ src: 'https://cdn.test/1.png' }] };
    expect(of(JSON.stringify(changing))).toBe(of(JSON.stringify(base)));
    expect(reviewedDefinition({ name: 'tool', json: JSON.stringify(changing) })).toEqual(base);
  });

  test('is safe for member names that mean something to JavaScript', () => {
    const named = (name: string) => of(`{"name":"tool","inputSchema":{"type":"object","${name}":{"x":1}}}`);
    expect(named('__proto__')).not.toBe(named('constructor'));
  });
});
