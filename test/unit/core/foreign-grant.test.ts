import { describe, expect, it } from '@jest/globals';

import { compilePolicy } from '../../../src/core/access-policy.js';
import { foreignGrant } from '../../../src/core/foreign-grant.js';
import type { ObjectPermission } from '../../../src/core/permission.js';
import { readPermissionCases } from '../../cases/permission-cases.js';
import { universeOf } from './case-universe.js';

const universe = universeOf(readPermissionCases().universe);

function foreign(
  levels: readonly (ObjectPermission | null)[],
  named: ObjectPermission,
  defaultAccess: 'all' | 'none' = 'all',
): string | null {
  const policy = compilePolicy({
    levels: levels.map((permission, index) => ({ kind: 'team', id: String(index), permission })),
    defaultAccess,
    unrestricted: false,
  });
  return foreignGrant(named, policy, universe);
}

const server = (...mcp_servers: string[]): ObjectPermission => ({ mcp_servers });
const tools = (...github: string[]): ObjectPermission => ({ mcp_tool_permissions: { github } });

/** In the universe of the cases, `engineering` holds github and tracker, `support` crm and tracker. */
describe('foreignGrant', () => {
  it.each<[string, (ObjectPermission | null)[], ObjectPermission]>([
    ['anything, by who is not restricted', [null], server('crm', 'gone')],
    ['the same', [server('github')], server('github')],
    ['a server of which one tool is had', [tools('get_issue')], server('github')],
    ['a group of which one server is had', [server('github')], { mcp_access_groups: ['engineering'] }],
    ['a wildcard of which something is had', [tools('get_*')], tools('*')],
    ['a tool that is had', [tools('get_*')], tools('get_issue')],
    ['nothing', [server('github')], server()],
    ['denials', [server('github')], { mcp_denied_tools: ['crm__*'] }],
    ['no tools of another server', [server('github')], { mcp_tool_permissions: { crm: [] } }],
    ['a group that is not there but had', [{ mcp_access_groups: ['gone'] }], { mcp_access_groups: ['gone'] }],
  ])('lets through %s', (_, levels, named) => expect(foreign(levels, named)).toBeNull());

  it.each<[string, (ObjectPermission | null)[], ObjectPermission, string]>([
    ['another server', [server('github')], server('github', 'crm'), 'mcp_servers "crm"'],
    [
      'a server that one of two levels has',
      [server('github'), server('crm')],
      server('crm'),
      'mcp_servers "crm"',
    ],
    ['a server that is not there', [server('github')], server('gone'), 'mcp_servers "gone"'],
    [
      'a group that is not there',
      [server('github')],
      { mcp_access_groups: ['gone'] },
      'mcp_access_groups "gone"',
    ],
    [
      'a group of others',
      [server('github')],
      { mcp_access_groups: ['support'] },
      'mcp_access_groups "support"',
    ],
    [
      'a tool that is not had',
      [tools('get_*')],
      tools('get_issue', 'create_issue'),
      'mcp_tool_permissions "github": "create_issue"',
    ],
    [
      'a tool that is denied',
      [{ mcp_denied_tools: ['github__create_*'] }],
      tools('create_issue'),
      'mcp_tool_permissions "github": "create_issue"',
    ],
    ['anything, by who has nothing', [server()], server('github'), 'mcp_servers "github"'],
  ])('finds %s', (_, levels, named, name) => expect(foreign(levels, named)).toBe(name));

  it('finds everything where nothing was granted and access is closed', () => {
    expect(foreign([null], server('github'), 'none')).toBe('mcp_servers "github"');
  });
});
