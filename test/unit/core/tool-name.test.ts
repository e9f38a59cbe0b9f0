import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { isValidToolName, qualifiedName, upstreamNameProblem } from '../../../src/core/tool-name.js';

describe('qualifiedName', () => {
  it('joins upstream and tool', () => {
    expect(qualifiedName('github', 'get_issue', '__')).toBe('github__get_issue');
    expect(qualifiedName('github', 'get_issue', '-')).toBe('github-get_issue');
  });

  it('keeps 64 characters and cuts 65, ending in a hash that never changes', () => {
    expect(qualifiedName('u', 'x'.repeat(61), '__')).toBe(`u__${'x'.repeat(61)}`);
    const cut = qualifiedName('u', 'x'.repeat(62), '__');
    expect(cut).toBe(`u__${'x'.repeat(50)}_47cb35cedb`);
    expect(cut).toHaveLength(64);
  });

  it('keeps cut names apart that differ only behind the cut, or only in the upstream', () => {
    const names = [
      qualifiedName('u', `${'x'.repeat(90)}1`, '__'),
      qualifiedName('u', `${'x'.repeat(90)}2`, '__'),
      qualifiedName(`${'u'.repeat(60)}1`, 'x', '__'),
      qualifiedName(`${'u'.repeat(60)}2`, 'x', '__'),
    ];
    expect(new Set(names).size).toBe(4);
  });

  it('is always a name that OpenAI, Anthropic and MCP accept', () => {
    const upstream = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    const tool = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
    fc.assert(
      fc.property(upstream, tool, (it, name) => {
        expect(qualifiedName(it, name, '__')).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }),
    );
  });

  it('tells any two tools of any two permitted upstreams apart', () => {
    const short = (unit: readonly string[]): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 6 });
    const upstream = short(['a', '_']).filter((name) => upstreamNameProblem(name, '__') === null);
    fc.assert(
      fc.property(upstream, short(['a', '_']), upstream, short(['a', '_']), (u1, t1, u2, t2) => {
        fc.pre(u1 !== u2 || t1 !== t2);
        expect(qualifiedName(u1, t1, '__')).not.toBe(qualifiedName(u2, t2, '__'));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('isValidToolName', () => {
  it.each(['a', 'get_issue', 'Get.Issue-2', 'x'.repeat(128)])('accepts %s', (name) =>
    expect(isValidToolName(name)).toBe(true),
  );
  it.each(['', 'x'.repeat(129), 'bad name', 'name!', 'näme', 'a\n', 'a/b', 7, null, undefined, ['a']])(
    'refuses %j',
    (name) => expect(isValidToolName(name)).toBe(false),
  );
});

describe('upstreamNameProblem', () => {
  it.each(['github', 'zapier_mcp', 'A.b-c', '_x', 'x'.repeat(64), 'mcp_tools', 'keys'])(
    'accepts %s',
    (name) => expect(upstreamNameProblem(name, '__')).toBeNull(),
  );
  it.each([
    ['', 'characters'],
    ['x'.repeat(65), 'characters'],
    ['a b', 'characters'],
    ['a/b', 'characters'],
    ['a\n', 'characters'],
    ['mcp', 'reserved'],
    ['MCP', 'reserved'],
    ['Key', 'reserved'],
    ['openapi.json', 'reserved'],
    ['..', 'reserved'],
    ['no-mcp-servers', 'reserved'],
    ['a__b', 'must not contain "__"'],
    ['__proto__', 'must not contain "__"'],
    ['a_', 'must not end in a part of "__"'],
  ])('refuses %j: %s', (name, why) => expect(upstreamNameProblem(name, '__')).toContain(why));

  it('goes by the separator in use', () => {
    expect(upstreamNameProblem('a-b', '__')).toBeNull();
    expect(upstreamNameProblem('a-b', '-')).toContain('must not contain "-"');
    expect(upstreamNameProblem('a__b', '-')).toBeNull();
    expect(upstreamNameProblem('a_', '-')).toBeNull();
  });
});
