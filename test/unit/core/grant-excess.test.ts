import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compilePolicy } from '../../../src/core/access-policy.js';
import { authorize } from '../../../src/core/authorize.js';
import { excessOfGrant } from '../../../src/core/grant-excess.js';
import type {
  AccessPolicy,
  AccessTarget,
  ObjectPermission,
  PermissionLevelKind,
} from '../../../src/core/permission.js';
import { readPermissionCases } from '../../cases/permission-cases.js';
import { universeOf } from './case-universe.js';

const { universe: written } = readPermissionCases();
const universe = universeOf(written);

type Levels = Partial<Record<PermissionLevelKind, ObjectPermission | null>>;

function policy(levels: Levels, defaultAccess: 'all' | 'none' = 'all'): AccessPolicy {
  const kinds = Object.keys(levels) as PermissionLevelKind[];
  return compilePolicy({
    levels: kinds.map((kind) => ({ kind, id: kind, permission: levels[kind] ?? null })),
    defaultAccess,
    unrestricted: false,
  });
}

const excess = (grantor: Levels, granted: Levels, access: 'all' | 'none' = 'all'): string | null =>
  excessOfGrant(policy(granted, access), policy(grantor, access), universe);

const server = (...mcp_servers: string[]): ObjectPermission => ({ mcp_servers });
const tools = (...github: string[]): ObjectPermission => ({ mcp_tool_permissions: { github } });
const denied = (...mcp_denied_tools: string[]): ObjectPermission => ({ mcp_denied_tools });

describe('excessOfGrant: what may be granted', () => {
  it.each<[string, Levels, Levels]>([
    ['anything, by who is not restricted', { key: null }, { key: server('github', 'gone') }],
    ['the same', { key: server('github', 'crm') }, { key: server('crm', 'github') }],
    ['fewer servers', { key: server('github', 'crm') }, { key: server('crm') }],
    ['a server by its other name', { key: server('0b8f7c52') }, { key: server('github') }],
    ['nothing', { key: server('github') }, { key: server() }],
    ['no tools of a server', { key: server('crm') }, { key: tools() }],
    ['some tools of a server', { key: server('github') }, { key: tools('get_*') }],
    ['fewer tools', { key: tools('get_*', 'list_*') }, { key: tools('get_issue', 'list_*s') }],
    ['a narrower wildcard', { key: tools('*_issue*') }, { key: tools('get_issue*', '*_issue_*') }],
    ['a server, where all its tools are had', { key: tools('*') }, { key: server('github') }],
    [
      'a server of a group',
      { key: { mcp_access_groups: ['engineering'] } },
      { key: server('github', 'tracker') },
    ],
    [
      'a group whose servers are had',
      { key: server('crm', 'tracker') },
      { key: { mcp_access_groups: ['support'] } },
    ],
    [
      'a group that is had',
      { key: { mcp_access_groups: ['support'] } },
      { key: { mcp_access_groups: ['support'] } },
    ],
    [
      'a toolset whose tools are had',
      { key: server('github', 'tracker') },
      { key: { mcp_toolsets: ['triage'] } },
    ],
    ['a tool of a toolset that is had', { key: { mcp_toolsets: ['triage'] } }, { key: tools('get_issue') }],
    ['a name without a meaning that is had', { key: server('gone') }, { key: server('gone') }],
    [
      'what the team narrows anyway',
      { team: server('github') },
      { team: server('github'), key: server('github', 'crm') },
    ],
    [
      'all of the team, as a member',
      { team: server('github'), key: null },
      { team: server('github'), key: null },
    ],
    [
      'the same with the same denial',
      { key: denied('github__delete_*') },
      { key: denied('github__delete_*') },
    ],
    ['the same with a wider denial', { key: denied('github__delete_*') }, { key: denied('*delete*') }],
    ['the same with a denial by id', { key: denied('0b8f7c52__x') }, { key: denied('0b8f7c52__x') }],
    ['another server than the denied one', { key: denied('github__*') }, { key: server('crm') }],
    [
      'other tools than the denied ones',
      { key: denied('github__delete_*') },
      { key: tools('get_*', 'create_issue') },
    ],
  ])('%s', (_, grantor, granted) => expect(excess(grantor, granted)).toBeNull());
});

describe('excessOfGrant: what may not be granted', () => {
  it.each<[string, Levels, Levels, string]>([
    [
      'no restriction',
      { key: server('github') },
      { key: null },
      'Without an object_permission it would be allowed more than your key is.',
    ],
    ['an empty restriction', { key: server('github') }, { key: {} }, 'Without an object_permission'],
    [
      'another server',
      { team: server('github') },
      { key: server('github', 'crm') },
      'mcp_servers "crm" would be allowed more than your team is.',
    ],
    [
      'a server, by who has some tools',
      { key: tools('get_*') },
      { key: server('github') },
      'mcp_servers "github"',
    ],
    [
      'a server, by who has a toolset',
      { key: { mcp_toolsets: ['triage'] } },
      { key: server('github') },
      'mcp_servers "github"',
    ],
    [
      'another tool',
      { key: tools('get_*') },
      { key: tools('get_x', 'list_issues') },
      'mcp_tool_permissions "github": "list_issues"',
    ],
    [
      'a wider wildcard',
      { key: tools('get_*') },
      { key: tools('g*') },
      'mcp_tool_permissions "github": "g*"',
    ],
    [
      'a wildcard, by who has the tools it now names',
      { key: tools('get_issue') },
      { key: tools('get_*') },
      '"get_*"',
    ],
    [
      'a group with one server more',
      { key: server('crm') },
      { key: { mcp_access_groups: ['support'] } },
      'mcp_access_groups "support"',
    ],
    [
      'a toolset with one tool more',
      { key: server('github') },
      { key: { mcp_toolsets: ['triage'] } },
      'mcp_toolsets "triage"',
    ],
    ['a server that may come', { key: server('github') }, { key: server('gone') }, 'mcp_servers "gone"'],
    [
      'a group that may come',
      { key: server('github') },
      { key: { mcp_access_groups: ['gone'] } },
      'mcp_access_groups "gone"',
    ],
    [
      'a toolset that may come',
      { key: server('github') },
      { key: { mcp_toolsets: ['gone'] } },
      'mcp_toolsets "gone"',
    ],
    [
      'anything, by who has nothing',
      { key: server() },
      { key: server('github') },
      'You may use no server yourself.',
    ],
    [
      'what is denied',
      { user: denied('github__delete_*') },
      { key: server('github') },
      '"github__delete_*" is denied to you',
    ],
    [
      'what is denied, by wildcard',
      { key: denied('*__delete_*') },
      { key: server('files') },
      'denied to you',
    ],
    [
      'what is denied, by name',
      { key: denied('*__delete_*') },
      { key: tools('delete_repo') },
      'denied to you',
    ],
    [
      'a narrower denial',
      { key: denied('github__delete_*') },
      { key: denied('github__delete_repo') },
      'denied to you',
    ],
    [
      'a server that may come to be the denied one',
      { key: denied('later__*') },
      { key: server('7') },
      'denied to you',
    ],
  ])('%s', (_, grantor, granted, why) => expect(excess(grantor, granted)).toContain(why));

  it('anything, by who has nothing where access is closed', () => {
    expect(excess({ key: {} }, { key: server('github') }, 'none')).toBe('You may use no server yourself.');
    expect(excess({ key: {} }, { key: {} }, 'none')).toBeNull();
  });

  it("the master key's freedom, but by the master key", () => {
    const master = compilePolicy({ levels: [], defaultAccess: 'all', unrestricted: true });
    expect(excessOfGrant(master, policy({ key: null }), universe)).toBe('It would be allowed everything.');
    expect(excessOfGrant(policy({ key: null }), master, universe)).toBeNull();
  });
});

const names = ['github', '0b8f7c52', 'tracker', 'crm', 'files', 'gone'];
const patterns = ['get_issue', 'get_*', '*', '*_issue', 'search', 'delete_*', 'delete_repo'];
const denials = [
  'github__delete_*',
  '*__search',
  '0b8f7c52__get_issue',
  'tracker__*',
  '*delete*',
  'gone__x',
  'github__*',
];
const permission: fc.Arbitrary<ObjectPermission> = fc.record(
  {
    mcp_servers: fc.subarray(names, { maxLength: 3 }),
    mcp_access_groups: fc.subarray(['engineering', 'support', 'gone'], { maxLength: 2 }),
    mcp_toolsets: fc.subarray(['triage', 'cleanup', 'gone'], { maxLength: 2 }),
    mcp_tool_permissions: fc.dictionary(fc.constantFrom(...names), fc.subarray(patterns, { maxLength: 3 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    mcp_denied_tools: fc.subarray(denials, { maxLength: 2 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const levels: fc.Arbitrary<Levels> = fc.record(
  { team: fc.option(permission), key: fc.option(permission) },
  { requiredKeys: [], noNullPrototype: true },
);
const targets: AccessTarget[] = Object.entries(written.upstreams).flatMap(([upstream, it]) => [
  { upstream },
  ...[...it.tools, 'a_new_tool', 'get_new', 'delete_new'].map((tool) => ({ upstream, tool })),
]);

describe('excessOfGrant', () => {
  it('is null only where the grantor is allowed all that the grant allows', () => {
    let within = 0;
    fc.assert(
      fc.property(levels, levels, fc.constantFrom('all', 'none'), (grantor, granted, access) => {
        const [by, to] = [policy(grantor, access), policy(granted, access)];
        if (excessOfGrant(to, by, universe) !== null) return;
        within += 1;
        for (const target of targets) {
          if (authorize(to, universe, target).allowed)
            expect(authorize(by, universe, target).allowed).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(within).toBeGreaterThan(500);
  });

  it('is null for what the grantor has itself, also narrowed further', () => {
    fc.assert(
      fc.property(levels, permission, fc.constantFrom('all', 'none'), (grantor, more, access) => {
        expect(excess(grantor, grantor, access)).toBeNull();
        // Where access is closed, a level more may open what was not granted at all.
        if (access === 'all') expect(excess(grantor, { ...grantor, user: more })).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });
});
