/** Legacy revisions, oldest first: opened by `initialize`. All of them are spoken on every legacy transport. */
export const legacyVersions = ['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
export type LegacyVersion = (typeof legacyVersions)[number];

export const latestLegacyVersion: LegacyVersion = '2025-11-25';

/** The stateless revision: no `initialize`, every request carries its own envelope. */
export const modernVersion = '2026-07-28';

export function isLegacyVersion(version: unknown): version is LegacyVersion {
  return legacyVersions.some((known) => known === version);
}

/** What `initialize` answers: the version asked for where it is known, else the latest (MCP lifecycle, version negotiation). */
export function negotiateVersion(asked: unknown): LegacyVersion {
  return isLegacyVersion(asked) ? asked : latestLegacyVersion;
}

/** Batches were introduced with JSON-RPC itself and removed in 2025-06-18. */
export function allowsBatches(version: LegacyVersion): boolean {
  return version < '2025-06-18';
}
