import { isLegacyVersion, latestLegacyVersion, type LegacyVersion } from '../core/protocol-version.js';

/** What `initialize` answers: the version asked for where it is known, else the latest (MCP lifecycle, version negotiation). */
export function negotiateVersion(asked: unknown): LegacyVersion {
  return isLegacyVersion(asked) ? asked : latestLegacyVersion;
}

/** Whether a client understands an event without data, which tells it that a stream can be resumed (SEP-1699). */
export function primesStreams(version: LegacyVersion): boolean {
  return version >= '2025-11-25';
}

/** Batches were introduced with JSON-RPC itself and removed in 2025-06-18. */
export function allowsBatches(version: LegacyVersion): boolean {
  return version < '2025-06-18';
}
