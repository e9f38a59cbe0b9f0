import { describe, expect, test } from '@jest/globals';

import { changedFields, toolDiff } from '../../../src/admin/servers/tool-diff.js';

const definition = (description: string, more: object = {}): string =>
  JSON.stringify({ name: 'tool', description, inputSchema: { type: 'object' }, ...more });

describe('the difference between two definitions', () => {
  test('is line by line, with what surrounds it', () => {
    const before = definition('Reads.\nNever writes.');
    expect(toolDiff(before, definition('Reads.\nWrites, too.'))).toBe(
      [
        '--- before',
        '+++ now',
        '@@ -1,6 +1,6 @@',
        ' name: tool',
        ' description: |-',
        '   Reads.',
        '-  Never writes.',
        '+  Writes, too.',
        ' inputSchema:',
        '   type: object',
        '',
      ].join('\n'),
    );
  });

  test('of a tool that is new or gone is all of it', () => {
    expect(toolDiff(null, definition('Reads.'))).toContain('\n+name: tool\n+description: Reads.\n');
    expect(toolDiff(definition('Reads.'), null)).toContain('\n-name: tool\n-description: Reads.\n');
  });

  test('shows what nobody would see, and cannot be taken for something else', () => {
    const diff = toolDiff(null, definition('a\u200Bb\u001B[8m\n--- before\n+++ now'));
    expect(diff).not.toMatch(/[\u200B\u001B]/);
    expect(diff).toContain('\\u{200B}');
    expect(diff.split('\n').filter((line) => line.startsWith('--- '))).toEqual(['--- before']);
  });

  test('is shown in time, however hostile the definitions are', () => {
    const scrambled = (seed: number): string =>
      definition('', {
        inputSchema: Object.fromEntries(
          Array.from({ length: 3_000 }, (_, i) => [`${(i * seed) % 3_001}`, (i * seed * 7) % 11]),
        ),
      });
    const startedAt = performance.now();
    const diff = toolDiff(scrambled(17), scrambled(1_301));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(diff).toMatch(/^--- before\n\+\+\+ now\n/);
    expect(diff.length).toBeLessThan(200_000);
  });

  test('says so when a definition is too long to be kept or shown', () => {
    expect(toolDiff('', definition('Reads.'))).toContain('-The definition is too long to be shown.');
    expect(toolDiff(null, definition('x'.repeat(100_000)))).toContain('too long to be shown');
  });

  test('names the members that differ', () => {
    expect(changedFields(definition('a'), definition('b', { annotations: {} }))).toEqual([
      'description',
      'annotations',
    ]);
  });
});
