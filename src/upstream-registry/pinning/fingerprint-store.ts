/** A definition of a tool, named by what it says. */
export interface ToolVersionKey {
  /** The upstream's own name of the tool. */
  readonly tool: string;
  /** SHA-256 of the definition, see `toolFingerprint`. */
  readonly sha256: string;
}

/** A definition as it was seen at an upstream. */
export interface SeenTool extends ToolVersionKey {
  /** JSON text of what counts of it; empty when that is too long to keep. */
  readonly definition: string;
}

/** What is known of a definition that was seen at some time. */
export interface ToolVersion extends ToolVersionKey {
  readonly isApproved: boolean;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/** A definition that was not seen before. */
export interface AddedTool extends ToolVersionKey {
  /** Of the definition that was seen last before it; null: there was no tool of this name. */
  readonly previousSha256: string | null;
}

/** What came of looking at the tools of an upstream. */
export interface Observation {
  /** Nothing was known of the upstream before: what it has now is what later changes are measured by. */
  readonly isFirst: boolean;
  /** Seen for the first time, by any replica. */
  readonly added: readonly AddedTool[];
  /** All that is approved of it now; null when it is not pinned, and nobody asks. */
  readonly approved: readonly ToolVersionKey[] | null;
}

/** Superseded definitions that are kept of one tool, and of all tools of an upstream, for comparing. */
export const keptPerTool = 20;
export const keptPerUpstream = 1_000;

/** Keeps which definitions of tools were seen when, and which of them are approved. */
export interface FingerprintStore {
  /** All that is known of an upstream. */
  versions(upstream: string): Promise<readonly ToolVersion[]>;
  approved(upstream: string): Promise<readonly ToolVersionKey[]>;
  /**
   * Notes what an upstream has now. Approved by it is everything while the upstream is not pinned, and what a pinned
   * one has when it is seen for the first time. Of an upstream that is not pinned, approval passes from the definitions
   * that were superseded to those that supersede them. Superseded ones are kept up to a bound, approved ones of a
   * pinned upstream always.
   */
  observe(upstream: string, seen: readonly SeenTool[], isPinned: boolean): Promise<Observation>;
  /** Approves these definitions, whether or not they were noted before. */
  approve(upstream: string, tools: readonly SeenTool[], by: string): Promise<void>;
  /** Definitions by their fingerprint, as far as they are kept. */
  definitions(upstream: string, fingerprints: readonly string[]): Promise<ReadonlyMap<string, string>>;
  forget(upstream: string): Promise<void>;
}

/** The version of each tool that was seen last. */
export function newestOf<T extends ToolVersion>(versions: readonly T[]): ReadonlyMap<string, T> {
  const newest = new Map<string, T>();
  for (const version of versions) {
    const known = newest.get(version.tool);
    if (known === undefined || known.lastSeenAt < version.lastSeenAt) newest.set(version.tool, version);
  }
  return newest;
}

export const FINGERPRINT_STORE = Symbol('FINGERPRINT_STORE');
