import { describe, expect, it } from '@jest/globals';

import { mergeObjectPermission, unknownNames } from '../../../src/core/object-permission.js';
import type { ObjectPermission } from '../../../src/core/permission.js';
import { readPermissionCases } from '../../cases/permission-cases.js';
import { universeOf } from './case-universe.js';

const { universe: written } = readPermissionCases();
const universe = universeOf(written);

describe('mergeObjectPermission', () => {
  it('replaces the lists that a change has and keeps the others', () => {
    const current = { mcp_servers: ['a'], mcp_denied_tools: ['a__x'] };
    expect(mergeObjectPermission(current, { mcp_servers: [] })).toEqual({
      mcp_servers: [],
      mcp_denied_tools: ['a__x'],
    });
    expect(mergeObjectPermission(null, { mcp_servers: ['b'] })).toEqual({ mcp_servers: ['b'] });
    expect(mergeObjectPermission(current, {})).toEqual(current);
    expect(mergeObjectPermission(current, null)).toBeNull();
    expect(current).toEqual({ mcp_servers: ['a'], mcp_denied_tools: ['a__x'] });
  });
});

describe('unknownNames', () => {
  it('finds none where every name has a meaning', () => {
    const permission: ObjectPermission = {
      mcp_servers: ['github', '9d41a6e0', 'no-mcp-servers'],
      mcp_access_groups: ['engineering'],
      mcp_toolsets: ['triage'],
      mcp_tool_permissions: { crm: ['no_such_tool', '*'], '0b8f7c52': [] },
      mcp_denied_tools: ['github__delete_*', '0b8f7c52__x', '*', '*__delete_*', 'git*__x'],
    };
    expect(unknownNames(permission, universe)).toEqual([]);
    expect(unknownNames({}, universe)).toEqual([]);
  });

  it('says where each unknown name stands, once', () => {
    const permission: ObjectPermission = {
      mcp_servers: ['gihub', 'gihub', 'engineering'],
      mcp_access_groups: ['github'],
      mcp_toolsets: ['gone'],
      mcp_tool_permissions: { crn: ['search'], constructor: [] },
      mcp_denied_tools: ['gihub__delete_*', 'delete_repo', 'github-delete_repo'],
    };
    expect(unknownNames(permission, universe)).toEqual([
      'mcp_servers: "gihub"',
      'mcp_servers: "engineering"',
      'mcp_access_groups: "github"',
      'mcp_toolsets: "gone"',
      'mcp_tool_permissions: "crn"',
      'mcp_tool_permissions: "constructor"',
      'mcp_denied_tools: "gihub__delete_*"',
      'mcp_denied_tools: "delete_repo"',
      'mcp_denied_tools: "github-delete_repo"',
    ]);
  });

  it('reads denials with the separator in use', () => {
    const mcp_denied_tools = ['github-delete_repo', 'github__delete_repo', 'gihub-x', 'gihub-*'];
    expect(unknownNames({ mcp_denied_tools }, universeOf(written, '-'))).toEqual([
      'mcp_denied_tools: "gihub-x"',
      'mcp_denied_tools: "gihub-*"',
    ]);
  });
});
