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
  /** Stable id of the upstream. */
  readonly upstream: string;
  readonly isApproved: boolean;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/** What came of looking at the tools of an upstream. */
export interface Observation {
  /** Nothing was known of the upstream before: what it has now is what later changes are measured by. */
  readonly isFirst: boolean;
  /** Seen for the first time, by any replica. */
  readonly added: readonly ToolVersionKey[];
  /** All that is known of the upstream now. */
  readonly versions: readonly ToolVersion[];
}

/** Superseded definitions that are kept of one tool, and of all tools of an upstream, for comparing. */
export const keptPerTool = 20;
export const keptPerUpstream = 1_000;

/** Keeps which definitions of tools were seen when, and which of them are approved. */
export interface FingerprintStore {
  /** Of all upstreams, or of one. */
  load(upstream?: string): Promise<readonly ToolVersion[]>;
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

export const FINGERPRINT_STORE = Symbol('FINGERPRINT_STORE');
