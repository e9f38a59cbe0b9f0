/** Where something stands: the file as it was named, line and column counted from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: SourcePosition;
  readonly value: string | number | boolean | null;
  /** The value came, in part or whole, from the environment: a message must not show it. */
  readonly isFromEnvironment?: boolean;
  /** Already reported; what is said about this value besides would only be noise. */
  readonly isFaulty?: boolean;
}

export interface MapEntry {
  readonly keyAt: SourcePosition;
  readonly node: ConfigNode;
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: SourcePosition;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: SourcePosition;
  readonly items: readonly ConfigNode[];
}

/** What a YAML file says, each value with its place. Anchors and includes are followed already. */
export type ConfigNode = ScalarNode | MapNode | ListNode;

export type ConfigPath = readonly PropertyKey[];

export interface Located {
  /** The node at the path, or null when the path names something that is not there. */
  readonly node: ConfigNode | null;
  /** Of the key that leads to the value, or of the deepest thing on the way that is there. */
  readonly keyAt: SourcePosition;
  readonly at: SourcePosition;
  /** Something on the way was reported before. */
  readonly isFaulty: boolean;
}

export function locate(root: ConfigNode, path: ConfigPath): Located {
  let node: ConfigNode = root;
  let keyAt = root.at;
  for (const step of path) {
    const next = stepInto(node, step);
    if (next === null) return { node: null, keyAt, at: keyAt, isFaulty: isFaulty(node) };
    node = next.node;
    keyAt = next.keyAt;
  }
  return { node, keyAt, at: node.at, isFaulty: isFaulty(node) };
}

function stepInto(node: ConfigNode, step: PropertyKey): MapEntry | null {
  if (node.kind === 'map') return node.entries.get(String(step)) ?? null;
  if (node.kind === 'scalar') return null;
  const item = node.items[Number(step)];
  return item === undefined ? null : { keyAt: item.at, node: item };
}

function isFaulty(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.isFaulty === true;
}

/** The plain value, as a YAML parser without places would have given it. */
export function toPlain(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
  }
}

/** `mcp_servers.github.args[0]` */
export function pathText(path: ConfigPath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('');
}
