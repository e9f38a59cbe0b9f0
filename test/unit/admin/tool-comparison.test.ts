import { describe, expect, test } from '@jest/globals';

import { compareTools } from '../../../src/admin/servers/tool-comparison.js';
import type { CatalogTool } from '../../../src/core/catalog.js';
import { toolFingerprint } from '../../../src/core/tool-fingerprint.js';
import type { ToolVersion } from '../../../src/upstream-registry/pinning/fingerprint-store.js';

const tool = (name: string, description: string): CatalogTool => ({
  name,
  json: JSON.stringify({ name, description, inputSchema: { type: 'object' } }),
});

function version(of: CatalogTool, firstSeen: number, isApproved: boolean, lastSeen = firstSeen): ToolVersion {
  return {
    tool: of.name,
    sha256: toolFingerprint(of),
    isApproved,
    firstSeenAt: new Date(firstSeen),
    lastSeenAt: new Date(lastSeen),
  };
}

const [a1, a2, a3] = [tool('a', '1'), tool('a', '2'), tool('a', '3')] as const;
const b1 = tool('b', '1');

const brief = (tools: readonly CatalogTool[], versions: readonly ToolVersion[], isPinned: boolean) =>
  compareTools(tools, versions, isPinned).map(({ tool: name, change, isWithheld, before }) => [
    name,
    change,
    isWithheld,
    before?.sha256 ?? null,
  ]);

describe('comparing tools with what was seen of them', () => {
  test.each([true, false])('nothing is said of what is as it was (pinned: %s)', (isPinned) => {
    expect(brief([a1, b1], [version(a1, 1, true), version(b1, 1, true)], isPinned)).toEqual([]);
  });

  test('a pinned tool is compared with what was approved last, whatever was seen since', () => {
    const versions = [version(a1, 1, true, 5), version(a2, 6, false), version(a3, 7, false)];
    expect(brief([a3], versions, true)).toEqual([['a', 'changed', true, toolFingerprint(a1)]]);
  });

  test('a tool that came back to what was approved is well', () => {
    expect(brief([a1], [version(a1, 1, true), version(a2, 6, false)], true)).toEqual([]);
  });

  test('a tool that is not noted yet is there all the same', () => {
    expect(brief([a1, b1], [version(a1, 1, true)], true)).toEqual([['b', 'new', true, null]]);
  });

  test('without a pin each tool is compared with what it was before, the newest change first', () => {
    const versions = [
      version(a1, 1, false, 3),
      version(a2, 4, false, 5),
      version(a3, 6, true),
      version(b1, 7, true),
    ];
    expect(brief([a3, b1], versions, false)).toEqual([
      ['b', 'new', false, null],
      ['a', 'changed', false, toolFingerprint(a2)],
    ]);
  });

  test('what is gone is named once it was approved', () => {
    const versions = [version(a1, 1, true), version(b1, 1, true), version(a2, 2, false)];
    expect(brief([], versions, true)).toEqual([
      ['a', 'removed', false, toolFingerprint(a1)],
      ['b', 'removed', false, toolFingerprint(b1)],
    ]);
    expect(brief([b1], [version(b1, 1, true), version(a2, 2, false)], true)).toEqual([]);
  });
});
