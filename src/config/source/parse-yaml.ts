import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair, Scalar, YAMLError, YAMLMap, YAMLSeq } from 'yaml';

import type { ProblemList } from '../problem-list.js';
import type { ConfigNode, ListNode, MapEntry, MapNode, ScalarNode, SourcePosition } from './config-node.js';

/** Deeper nesting than any configuration needs; aliases that hold themselves end here too. */
const maxDepth = 64;
/** What aliases may expand to ("billion laughs"). */
const maxNodes = 100_000;

/**
 * The tree of a YAML 1.2 file (plus merge keys), or null when it is empty or its syntax is broken.
 * Faults go to `problems` without any text of the file, because a secret may stand on a broken line.
 */
export function parseYaml(text: string, file: string, problems: ProblemList): ConfigNode | null {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
    logLevel: 'error',
  });
  const positionOf = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const errors = [...document.errors, ...document.warnings];
  for (const error of errors) problems.fault(positionOf(error.pos[0]), describeError(error));
  if (errors.length > 0 || document.contents === null) return null;
  return new TreeBuilder(positionOf, problems).build(document.contents);
}

/** The library's messages, except those that quote the file. */
function describeError({ code, message }: YAMLError): string {
  switch (code) {
    case 'UNEXPECTED_TOKEN':
      return 'YAML: something stands here that does not belong; check the indentation and quotes around this place';
    case 'BAD_DQ_ESCAPE':
      return 'YAML: invalid escape sequence in a double-quoted string; use single quotes or double the backslash';
    case 'TAG_RESOLVE_FAILED':
      return 'YAML: this tag (!...) is not known; only plain values are read';
    case 'BAD_ALIAS':
      return 'YAML: this alias (*...) or anchor (&...) is malformed or was not set before';
    case 'MULTIPLE_DOCS':
      return 'YAML: the file holds several documents (---); put everything into one';
    case 'TAB_AS_INDENT':
      return 'YAML: tabs cannot be used as indentation; use spaces';
    default:
      return `YAML: ${message}`;
  }
}

/** Too deep or too big: reported already, nothing more is read. */
class Unreadable extends Error {}

interface Anchored {
  readonly node: ConfigNode;
  readonly size: number;
}

class TreeBuilder {
  readonly #anchors = new Map<string, Anchored | 'open'>();
  #size = 0;

  constructor(
    private readonly positionOf: (offset: number) => SourcePosition,
    private readonly problems: ProblemList,
  ) {}

  build(contents: Node): ConfigNode | null {
    try {
      return this.#node(contents, 0);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return null;
    }
  }

  #node(node: Node | null, depth: number, fallback?: SourcePosition): ConfigNode {
    const at = this.#at(node, fallback);
    this.#grow(1, at);
    if (depth > maxDepth) {
      this.problems.fault(at, `nested deeper than ${maxDepth} levels`);
      throw new Unreadable();
    }
    if (isAlias(node)) return this.#alias(node.source, at);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const before = this.#size;
    const built = this.#content(node, at, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, { node: built, size: this.#size - before + 1 });
    return built;
  }

  #content(node: Node | null, at: SourcePosition, depth: number): ConfigNode {
    if (isMap(node)) return this.#map(node, at, depth);
    if (isSeq(node)) return this.#list(node, at, depth);
    return { kind: 'scalar', at, value: isScalar(node) ? scalarValue(node) : null };
  }

  #alias(source: string, at: SourcePosition): ConfigNode {
    const anchored = this.#anchors.get(source);
    if (anchored === undefined || anchored === 'open') {
      const why = anchored === 'open' ? 'stands inside the value it repeats' : 'has no anchor before it';
      this.problems.fault(at, `YAML: the alias *${source} ${why}`);
      return { kind: 'scalar', at, value: null, isFaulty: true };
    }
    this.#grow(anchored.size, at);
    return anchored.node;
  }

  #grow(by: number, at: SourcePosition): void {
    this.#size += by;
    if (this.#size <= maxNodes) return;
    this.problems.fault(at, `YAML: the file and its aliases expand to more than ${maxNodes} values`);
    throw new Unreadable();
  }

  #list(list: YAMLSeq, at: SourcePosition, depth: number): ListNode {
    const items = list.items.map((item) => this.#node(item as Node | null, depth + 1, at));
    return { kind: 'list', at, items };
  }

  #map(map: YAMLMap, at: SourcePosition, depth: number): MapNode {
    const entries = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const keyAt = this.#at(pair.key, at);
      const node = this.#node(pair.value, depth + 1, keyAt);
      if (isMergeKey(pair.key)) {
        this.#merge(merged, node);
        continue;
      }
      const key = keyText(pair.key);
      if (key === null || key === '__proto__') {
        this.problems.fault(
          keyAt,
          key === null ? 'YAML: a key must be plain text' : `the key "${key}" is not allowed`,
        );
        continue;
      }
      const first = entries.get(key);
      if (first === undefined) entries.set(key, { keyAt, node });
      else this.problems.fault(keyAt, `duplicate key "${key}" (first on line ${first.keyAt.line})`);
    }
    for (const [key, entry] of merged) if (!entries.has(key)) entries.set(key, entry);
    return { kind: 'map', at, entries };
  }

  /** `<<: *base` or `<<: [*a, *b]`: earlier ones win (YAML 1.1 merge key). */
  #merge(into: Map<string, MapEntry>, node: ConfigNode): void {
    const sources = node.kind === 'list' ? node.items : [node];
    for (const source of sources) {
      if (source.kind === 'map') {
        for (const [key, entry] of source.entries) if (!into.has(key)) into.set(key, entry);
      } else if (source.kind === 'list' || source.isFaulty !== true) {
        this.problems.fault(source.at, 'YAML: a merge key (<<) takes a map or a list of maps');
      }
    }
  }

  #at(node: Node | null, fallback?: SourcePosition): SourcePosition {
    const offset = node?.range?.[0];
    return offset === undefined ? (fallback ?? this.positionOf(0)) : this.positionOf(offset);
  }
}

function scalarValue({ value }: Scalar): ScalarNode['value'] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

/** Keys count as they are written: `8000:` is "8000", `on:` is "on". */
function keyText(key: Node | null): string | null {
  if (!isScalar(key) || key.value === null) return null;
  return typeof key.value === 'string' ? key.value : (key.source ?? null);
}
