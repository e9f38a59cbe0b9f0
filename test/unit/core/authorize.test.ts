import { describe, expect, it } from '@jest/globals';

import { compilePolicy } from '../../../src/core/access-policy.js';
import { authorize, isUpstreamVisible } from '../../../src/core/authorize.js';
import type { AccessPolicy, ObjectPermission, PermissionLevel } from '../../../src/core/permission.js';
import { readPermissionCases } from '../../cases/permission-cases.js';
import { universeOf } from './case-universe.js';

const { universe: written, cases } = readPermissionCases();
const universe = universeOf(written);

const keyPolicy = (
  permission: ObjectPermission | null,
  defaultAccess: 'all' | 'none' = 'all',
): AccessPolicy =>
  compilePolicy({ levels: [{ kind: 'key', id: 'k1', permission }], defaultAccess, unrestricted: false });

describe('authorize: permissions.yaml', () => {
  it.each(cases)('$title', ({ levels, defaultAccess, answers }) => {
    // Levels that a case does not mention are there and say nothing, as with a key that has all four.
    const all: PermissionLevel[] = (['organization', 'team', 'user', 'key'] as const).map((kind) => ({
      kind,
      id: `${kind}-1`,
      permission: levels.find((level) => level.kind === kind)?.permission ?? null,
    }));
    const mentioned = levels.map(({ kind, permission }) => ({ kind, id: `${kind}-1`, permission }));
    for (const policyLevels of [all, mentioned]) {
      const policy = compilePolicy({ levels: policyLevels, defaultAccess, unrestricted: false });
      for (const { target, allowed, decidedBy } of answers) {
        const decision = authorize(policy, universe, target);
        expect({
          ...target,
          allowed: decision.allowed,
          by: `${decision.decidedBy.level} ${decision.decidedBy.rule}`,
        }).toEqual({ ...target, allowed, by: decidedBy });
      }
    }
    expect(answers.length).toBeGreaterThan(0);
  });

  it('asks only for what the universe has', () => {
    const asked = new Set(cases.flatMap(({ answers }) => answers.map((answer) => answer.asked)));
    const there = Object.entries(written.upstreams).flatMap(([name, { tools }]) => [
      name,
      ...tools.map((it) => `${name}/${it}`),
    ]);
    expect([...asked].filter((it) => !there.includes(it))).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  });
});

describe('authorize', () => {
  it('restricts the master key by nothing', () => {
    const levels: PermissionLevel[] = [{ kind: 'key', id: 'k', permission: { mcp_servers: [] } }];
    const policy = compilePolicy({ levels, defaultAccess: 'none', unrestricted: true });
    expect(authorize(policy, universe, { upstream: 'github', tool: 'delete_repo' })).toEqual({
      allowed: true,
      decidedBy: { level: 'master_key', id: 'master_key', allowed: true, rule: 'master_key' },
      levels: [],
    });
  });

  it('answers for each level, outermost first', () => {
    const policy = compilePolicy({
      levels: [
        { kind: 'team', id: 't1', permission: { mcp_servers: ['github'] } },
        { kind: 'user', id: 'u1', permission: null },
        { kind: 'key', id: 'k1', permission: { mcp_denied_tools: ['github__delete_*'] } },
      ],
      defaultAccess: 'all',
      unrestricted: false,
    });
    expect(authorize(policy, universe, { upstream: 'github', tool: 'delete_repo' }).levels).toEqual([
      { level: 'team', id: 't1', allowed: true, rule: 'mcp_servers' },
      { level: 'user', id: 'u1', allowed: true, rule: 'no_permission_set' },
      { level: 'key', id: 'k1', allowed: false, rule: 'mcp_denied_tools' },
    ]);
  });

  it('matches denials with the separator in use and with the plain one', () => {
    const dashed = universeOf(written, '-');
    const may = (pattern: string, tool?: string): boolean =>
      authorize(keyPolicy({ mcp_denied_tools: [pattern] }), dashed, {
        upstream: 'github',
        ...(tool !== undefined && { tool }),
      }).allowed;
    expect(may('github-delete_*', 'delete_repo')).toBe(false);
    expect(may('github__delete_*', 'delete_repo')).toBe(false);
    expect(may('github-delete_*', 'get_issue')).toBe(true);
    expect(may('github-*')).toBe(false);
    expect(may('github__*')).toBe(false);
    expect(may('github-d*')).toBe(true);
  });

  it('denies a tool by its whole name when the public one is cut, and by the public one', () => {
    const tool = `delete_${'x'.repeat(100)}`;
    const may = (pattern: string): boolean =>
      authorize(keyPolicy({ mcp_denied_tools: [pattern] }), universe, { upstream: 'github', tool }).allowed;
    expect(may(`github__${tool}`)).toBe(false);
    expect(may(universe.qualifiedName('github', tool))).toBe(false);
    expect(may(`github__delete_${'x'.repeat(60)}`)).toBe(true);
  });

  it('is not misled by the names that JavaScript objects inherit', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const permission = JSON.parse(`{"mcp_tool_permissions":{"${name}":["*"]}}`) as ObjectPermission;
      expect(
        authorize(keyPolicy(permission), universe, { upstream: 'github', tool: 'get_issue' }).allowed,
      ).toBe(false);
      expect(authorize(keyPolicy({}, 'none'), universe, { upstream: name, tool: name }).allowed).toBe(false);
    }
  });

  it('decides anew in another universe', () => {
    const policy = keyPolicy({ mcp_access_groups: ['support'] });
    const { crm, ...others } = written.upstreams;
    const later = universeOf({
      ...written,
      upstreams: { ...others, crm: { id: 'c', tools: [], ...crm, access_groups: [] } },
    });
    expect(authorize(policy, universe, { upstream: 'crm' }).allowed).toBe(true);
    expect(authorize(policy, later, { upstream: 'crm' }).allowed).toBe(false);
    expect(authorize(policy, universe, { upstream: 'crm' }).allowed).toBe(true);
  });
});

describe('isUpstreamVisible', () => {
  it('is when any of its tools is, or the upstream as a whole', () => {
    const tools = ['get_issue', 'delete_repo'];
    expect(isUpstreamVisible(keyPolicy({ mcp_toolsets: ['triage'] }), universe, 'github', tools)).toBe(true);
    expect(isUpstreamVisible(keyPolicy({ mcp_servers: ['github'] }), universe, 'github', [])).toBe(true);
    expect(isUpstreamVisible(keyPolicy({ mcp_servers: ['crm'] }), universe, 'github', tools)).toBe(false);
  });
});

describe('compilePolicy', () => {
  const fingerprint = (...permissions: (ObjectPermission | null)[]): string =>
    compilePolicy({
      levels: permissions.map((permission, n) => ({ kind: 'key', id: `k${Math.random()}${n}`, permission })),
      defaultAccess: 'all',
      unrestricted: false,
    }).fingerprint;

  it('gives policies that decide alike one fingerprint', () => {
    expect(fingerprint(null)).toBe(fingerprint());
    expect(fingerprint({}, null)).toBe(fingerprint());
    expect(fingerprint({ mcp_denied_tools: [] })).toBe(fingerprint());
    expect(fingerprint({ mcp_servers: ['b', 'a', 'a'] })).toBe(fingerprint({ mcp_servers: ['a', 'b'] }));
    expect(fingerprint({ mcp_servers: ['a'] }, { mcp_toolsets: ['t'] })).toBe(
      fingerprint({ mcp_toolsets: ['t'] }, { mcp_servers: ['a'] }),
    );
    expect(fingerprint({ mcp_tool_permissions: { a: ['x', 'y'], b: [] } })).toBe(
      fingerprint({ mcp_tool_permissions: { b: [], a: ['y', 'x'] } }),
    );
    expect(fingerprint({ mcp_servers: ['a'], mcp_denied_tools: ['x'] }, {})).toBe(
      fingerprint({ mcp_servers: ['a'] }, { mcp_denied_tools: ['x'] }),
    );
  });

  it('tells apart what decides differently', () => {
    const all = [
      fingerprint(),
      fingerprint({ mcp_servers: [] }),
      fingerprint({ mcp_servers: ['a'] }),
      fingerprint({ mcp_servers: ['a', 'b'] }),
      fingerprint({ mcp_servers: ['a,b'] }),
      fingerprint({ mcp_servers: ['a'] }, { mcp_servers: ['b'] }),
      fingerprint({ mcp_access_groups: ['a'] }),
      fingerprint({ mcp_toolsets: ['a'] }),
      fingerprint({ mcp_denied_tools: ['a'] }),
      fingerprint({ mcp_tool_permissions: { a: [] } }),
      fingerprint({ mcp_tool_permissions: { a: ['b'] } }),
      fingerprint({ mcp_servers: ['a'], mcp_tool_permissions: { a: ['b'] } }),
      compilePolicy({ levels: [], defaultAccess: 'none', unrestricted: false }).fingerprint,
      compilePolicy({ levels: [], defaultAccess: 'none', unrestricted: true }).fingerprint,
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
