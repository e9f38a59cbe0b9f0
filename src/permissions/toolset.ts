/** A tool of an upstream, as toolsets name it. */
export interface ToolsetTool {
  /** Canonical upstream name where it was known when the toolset was written, else what was written. */
  readonly server: string;
  /** The upstream's own name of the tool. */
  readonly tool: string;
}

/** A named selection of tools that an object permission or a path can name. */
export interface Toolset {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly tools: readonly ToolsetTool[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
}

export interface ToolsetFields {
  readonly name: string;
  readonly description: string | null;
  readonly tools: readonly ToolsetTool[];
}
