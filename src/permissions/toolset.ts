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

/** Upstream to the tools of it (the upstream's own names) that a toolset names. */
export type ToolsetTools = ReadonlyMap<string, ReadonlySet<string>>;

/** Tools of each toolset, by its id and by its name; a name beats an id. */
export function toolsetsByName(toolsets: readonly Toolset[]): ReadonlyMap<string, ToolsetTools> {
  return new Map([
    ...toolsets.map((toolset) => [toolset.id, toolsOf(toolset)] as const),
    ...toolsets.map((toolset) => [toolset.name, toolsOf(toolset)] as const),
  ]);
}

function toolsOf({ tools }: Toolset): ToolsetTools {
  const byServer = new Map<string, Set<string>>();
  for (const { server, tool } of tools) {
    const names = byServer.get(server);
    if (names === undefined) byServer.set(server, new Set([tool]));
    else names.add(tool);
  }
  return byServer;
}
