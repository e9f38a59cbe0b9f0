import { describe, expect, test } from '@jest/globals';

import {
  hiddenCharactersIn,
  mayHideCharacters,
  showHiddenCharacters,
} from '../../../src/core/hidden-characters.js';

describe('characters that nobody sees', () => {
  test.each([
    ['zero width space', 'a\u200Bb', 'zero_width', ['U+200B'], 1],
    ['zero width no-break space', '\uFEFFa', 'zero_width', ['U+FEFF'], 1],
    ['word joiners', 'a\u2060\u2060\u2064b', 'zero_width', ['U+2060', 'U+2064'], 3],
    ['a joiner between Latin letters', 'a\u200Db', 'zero_width', ['U+200D'], 1],
    [
      'an override of the direction',
      'safe \u202Eelif eteled\u202C',
      'bidirectional',
      ['U+202E', 'U+202C'],
      2,
    ],
    ['isolates', '\u2066a\u2069', 'bidirectional', ['U+2066', 'U+2069'], 2],
    ['tags', 'hi\u{E0069}\u{E0067}\u{E006E}', 'tag', ['U+E0069', 'U+E0067', 'U+E006E'], 3],
    ['bytes in selectors', 'a\uFE01\uFE02', 'variation_selector', ['U+FE01', 'U+FE02'], 2],
    ['bytes in further selectors', 'a\u{E0101}', 'variation_selector', ['U+E0101'], 1],
    ['a terminal escape', 'a\u001B[8mhidden', 'control', ['U+001B'], 1],
  ])('%s', (_what, text, kind, codePoints, count) => {
    expect(hiddenCharactersIn({ description: text })).toEqual([
      { where: 'description', kind, codePoints, count },
    ]);
  });

  test.each([
    ['plain text', 'Reads a file.\n\tOf any size – “quoted”, naïve, 日本語, Ελλάδα.\r\n'],
    ['emoji of several parts', '👩‍💻 👩🏽‍🚀 🏳️‍🌈 ❤️ ✂️'],
    ['joiners of Persian', 'می‌خواهم'],
    ['joiners of Hindi', 'क्‍ष'],
  ])('%s is left alone', (_what, text) => {
    expect(hiddenCharactersIn({ description: text })).toEqual([]);
    expect(showHiddenCharacters(text)).toBe(text);
  });

  test('are found in names, schemas and the names of their members', () => {
    const definition = {
      name: 'tool',
      inputSchema: { properties: { 'pa\u200Bth': { enum: ['x', 'y\u200F'] } } },
    };
    expect(hiddenCharactersIn(definition)).toEqual([
      { where: 'inputSchema.properties', kind: 'zero_width', codePoints: ['U+200B'], count: 1 },
      {
        where: 'inputSchema.properties.pa\\u{200B}th.enum[1]',
        kind: 'bidirectional',
        codePoints: ['U+200F'],
        count: 1,
      },
    ]);
  });

  test('are shown by their numbers', () => {
    expect(showHiddenCharacters('a\u200B\u{E0041}b')).toBe('a\\u{200B}\\u{E0041}b');
  });

  test('are ruled out quickly in JSON text without them', () => {
    expect(mayHideCharacters('{"description":"Plain, ünïcödé."}')).toBe(false);
    expect(mayHideCharacters('{"description":"a\u200Bb"}')).toBe(true);
    expect(mayHideCharacters(String.raw`{"description":"a\u200Bb"}`)).toBe(true);
  });

  test('cost no more than a hundred findings, however many there are', () => {
    expect(hiddenCharactersIn(Array.from({ length: 5_000 }, () => '\u200B'))).toHaveLength(100);
  });
});
