import type { PermissionUniverse } from '../core/permission.js';
import { qualifiedName } from '../core/tool-name.js';
import type { UpstreamConfig } from '../core/upstream.js';

/** Tools that a toolset names: canonical upstream name to the upstream's own tool names. */
export type ToolsetTools = ReadonlyMap<string, ReadonlySet<string>>;

/** What names in permissions and scopes can mean at this moment. Immutable; rebuilt when servers or toolsets change. */
export class Universe implements PermissionUniverse {
  readonly #names = new Map<string, string>();
  readonly #groups = new Map<string, ReadonlySet<string>>();
  readonly #members = new Map<string, Set<string>>();

  constructor(
    upstreams: readonly UpstreamConfig[],
    private readonly toolsets: ReadonlyMap<string, ToolsetTools>,
    private readonly separator: string,
    aliases: Readonly<Record<string, string>>,
  ) {
    for (const [alias, name] of Object.entries(aliases)) this.#names.set(alias, name);
    for (const upstream of upstreams) {
      this.#names.set(upstream.id, upstream.name);
      this.#groups.set(upstream.name, new Set(upstream.accessGroups));
      for (const group of upstream.accessGroups) {
        const members = this.#members.get(group) ?? new Set();
        this.#members.set(group, members.add(upstream.name));
      }
    }
    // A name always means the upstream called so, whatever id or alias another one was given.
    for (const upstream of upstreams) this.#names.set(upstream.name, upstream.name);
  }

  upstreamName(nameOrId: string): string | undefined {
    return this.#names.get(nameOrId);
  }

  accessGroupsOf(upstream: string): ReadonlySet<string> {
    return this.#groups.get(upstream) ?? none;
  }

  /** Upstreams of an access group; undefined when no upstream is in a group of that name. */
  accessGroup(name: string): ReadonlySet<string> | undefined {
    return this.#members.get(name);
  }

  accessGroups(): readonly string[] {
    return [...this.#members.keys()].sort();
  }

  toolset(name: string): ToolsetTools | undefined {
    return this.toolsets.get(name);
  }

  qualifiedName(upstream: string, tool: string): string {
    return qualifiedName(upstream, tool, this.separator);
  }
}

const none: ReadonlySet<string> = new Set();
