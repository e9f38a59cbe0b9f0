import { setImmediate } from 'node:timers/promises';

import type { CatalogTool } from '../../core/catalog.js';
import type { HiddenCharacters } from '../../core/hidden-characters.js';
import { toolFingerprint } from '../../core/tool-fingerprint.js';
import { hiddenInTool, seenTool } from '../../upstream-registry/pinning/seen-tools.js';
import type { ToolComparison } from './tool-comparison.js';
import { changedFields, toolDiff } from './tool-diff.js';

/** @param definitions of what is compared with; null: only that it changed is said */
export function changeRow(
  { tool, change, isWithheld, current, version, before }: ToolComparison,
  definitions: ReadonlyMap<string, string> | null,
) {
  const old = before === null ? null : (definitions?.get(before.sha256) ?? '');
  const now = current === null ? null : seenTool(current).definition;
  return {
    tool,
    change,
    withheld: isWithheld,
    sha256: current === null ? null : toolFingerprint(current),
    previous_sha256: before?.sha256 ?? null,
    first_seen_at: (version ?? (current === null ? before : null))?.firstSeenAt.toISOString() ?? null,
    last_seen_at: (version ?? (current === null ? before : null))?.lastSeenAt.toISOString() ?? null,
    fields: definitions === null ? null : change === 'changed' ? changedFields(old, now) : [],
    hidden_characters: current === null ? [] : hiddenInTool(current).map(hiddenRow),
    diff: definitions === null ? null : toolDiff(old, now),
  };
}

export const hiddenRow = ({ where, kind, codePoints, count }: HiddenCharacters) => ({
  where,
  kind,
  code_points: codePoints,
  count,
});

export async function hiddenRows(tools: readonly CatalogTool[]) {
  const rows = [];
  for (const [at, tool] of tools.entries()) {
    if (at % 50 === 49) await setImmediate();
    for (const found of hiddenInTool(tool)) rows.push({ tool: tool.name, ...hiddenRow(found) });
  }
  return rows;
}
