import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compileWildcards, matchesWildcard } from '../../../src/core/wildcard.js';

describe('matchesWildcard', () => {
  it.each([
    ['get_issue', 'get_issue', true],
    ['get_issue', 'get_issues', false],
    ['get_issue', 'Get_issue', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['get_*', 'get_', true],
    ['get_*', 'get_issue', true],
    ['get_*', 'forget_issue', false],
    ['*_issue', 'get_issue', true],
    ['*_issue', 'get_issues', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['a*bc*c', 'abc', false],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['**', 'x', true],
    ['a**b', 'ab', true],
    // Nothing but the star is special.
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['a\\*', 'a*', false],
    ['(a+)+*', '(a+)+x', true],
  ])('%j on %j: %s', (pattern, name, expected) => expect(matchesWildcard(pattern, name)).toBe(expected));

  it('agrees with the regular expression that says the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '_'), maxLength: 10 });
    fc.assert(
      fc.property(text, name, (pattern, it) => {
        expect(matchesWildcard(pattern, it)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(it));
      }),
      { numRuns: 5_000 },
    );
  });

  it('does not backtrack', () => {
    expect(matchesWildcard('*a'.repeat(5_000), 'a'.repeat(10_000) + 'b')).toBe(false);
  });
});

describe('compileWildcards', () => {
  it('matches when any pattern does', () => {
    const patterns = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(patterns, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 }), (list, name) => {
        expect(compileWildcards(list)(name)).toBe(list.some((pattern) => matchesWildcard(pattern, name)));
      }),
    );
  });
});
