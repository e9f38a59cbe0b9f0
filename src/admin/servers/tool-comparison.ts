import type { CatalogTool } from '../../core/catalog.js';
import { toolFingerprint } from '../../core/tool-fingerprint.js';
import type { ToolVersion } from '../../upstream-registry/pinning/fingerprint-store.js';

/** A tool whose definition is not what it was. */
export interface ToolComparison {
  readonly tool: string;
  readonly change: 'new' | 'changed' | 'removed';
  /** Nobody sees it until it is approved. */
  readonly isWithheld: boolean;
  /** null: the upstream has no such tool any more. */
  readonly current: CatalogTool | null;
  /** What is known of the current definition; undefined in the moment before it is noted. */
  readonly version: ToolVersion | undefined;
  /** What it is compared with: of a pinned upstream what was approved last, else what was seen before. */
  readonly before: ToolVersion | null;
}

/**
 * What changed, newest first. Of a pinned upstream: what waits for approval, and what is gone. Of others: how each tool
 * came to what it is now.
 */
export function compareTools(
  tools: readonly CatalogTool[],
  versions: readonly ToolVersion[],
  isPinned: boolean,
): readonly ToolComparison[] {
  const byTool = groupedByTool(versions);
  const firstLook = Math.min(...versions.map(({ firstSeenAt }) => firstSeenAt.getTime()));
  const present = tools.flatMap((tool) => {
    const own = byTool.get(tool.name) ?? [];
    const sha256 = toolFingerprint(tool);
    const version = own.find((it) => it.sha256 === sha256);
    if (isPinned && version?.isApproved === true) return [];
    const others = own.filter((it) => it.sha256 !== sha256 && (it.isApproved || !isPinned));
    const before = newest(others);
    const isNew = version === undefined || version.firstSeenAt.getTime() > firstLook;
    if (before === null && !isNew && !isPinned) return [];
    const change = before === null ? ('new' as const) : ('changed' as const);
    return [{ tool: tool.name, change, isWithheld: isPinned, current: tool, version, before }];
  });
  const names = new Set(tools.map(({ name }) => name));
  const gone = [...byTool].flatMap(([tool, own]) => {
    const before = newest(own.filter(({ isApproved }) => isApproved));
    if (names.has(tool) || before === null) return [];
    const change = 'removed' as const;
    return [{ tool, change, isWithheld: false, current: null, version: undefined, before }];
  });
  return [...present, ...gone].sort((a, b) => changedAt(b) - changedAt(a));
}

function changedAt({ version, before, current }: ToolComparison): number {
  if (current !== null) return version?.firstSeenAt.getTime() ?? Infinity;
  return before?.lastSeenAt.getTime() ?? 0;
}

function newest(versions: readonly ToolVersion[]): ToolVersion | null {
  return versions.reduce<ToolVersion | null>(
    (best, version) => (best === null || best.lastSeenAt < version.lastSeenAt ? version : best),
    null,
  );
}

function groupedByTool(versions: readonly ToolVersion[]): ReadonlyMap<string, readonly ToolVersion[]> {
  const groups = new Map<string, ToolVersion[]>();
  for (const version of versions) {
    const group = groups.get(version.tool);
    if (group === undefined) groups.set(version.tool, [version]);
    else group.push(version);
  }
  return groups;
}
