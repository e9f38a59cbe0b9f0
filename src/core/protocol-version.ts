/** Revisions of MCP opened by `initialize`, oldest first. */
export const legacyVersions = ['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
export type LegacyVersion = (typeof legacyVersions)[number];

export const latestLegacyVersion: LegacyVersion = '2025-11-25';

/** The stateless revision: no `initialize`, every request carries its own envelope. */
export const modernVersion = '2026-07-28';

/** The two ways of MCP to begin: a session that is opened, or requests that each stand for themselves. */
export type Era = 'legacy' | 'modern';

export function isLegacyVersion(version: unknown): version is LegacyVersion {
  return legacyVersions.some((known) => known === version);
}
