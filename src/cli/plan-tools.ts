import { authorize } from '../core/authorize.js';
import type { UpstreamCatalog } from '../core/catalog.js';
import type { AccessPolicy } from '../core/permission.js';
import { qualifiedName } from '../core/tool-name.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { Universe } from '../gateway/universe.js';
import type { ToolsetTools } from '../permissions/toolset.js';
import { filterCatalog } from '../upstream-registry/catalog/catalog-filter.js';
import type { StoredCatalog } from '../upstream-registry/catalog/catalog-store.js';
import { endpointFingerprint } from '../upstream-registry/config-fingerprint.js';

/** Keys of one policy. */
export interface PolicyKeys {
  readonly policy: AccessPolicy;
  /** Aliases, or ids of keys without one. */
  readonly names: readonly string[];
}

/** What the gateway that runs now has in its database. */
export interface KnownState {
  readonly catalogs: readonly StoredCatalog[];
  readonly toolsets: ReadonlyMap<string, ToolsetTools>;
  readonly keys: readonly PolicyKeys[];
}

/** A tool as one configuration has it. */
interface ConfiguredTool {
  readonly publicName: string;
  readonly upstream: string;
  readonly tool: string;
  /** The same for the same tool under another server's name. */
  readonly origin: string;
}

const maxKeysNamed = 5;

/** One line for each tool that comes, goes, is called otherwise, or changes hands; with the keys it is for. */
export function toolChanges(current: GatewayConfig, next: GatewayConfig, known: KnownState): string[] {
  const before = new ConfiguredTools(current, known);
  const after = new ConfiguredTools(next, known);
  const added = after.all.filter(({ publicName }) => !before.has(publicName));
  const removed = before.all.filter(({ publicName }) => !after.has(publicName));
  const renamed = new Map(removed.flatMap((old) => pairOf(old, added)));
  const isRenamed = new Set(renamed.values());
  return [
    ...after.unknown
      .filter((name) => !before.unknown.includes(name))
      .map((name) => `? ${name}: its tools are known once it was connected`),
    ...added
      .filter((it) => !isRenamed.has(it))
      .map((it) => `+ tool ${it.publicName} (${keyList(after.keysOf(it))})`),
    ...removed
      .filter((it) => !renamed.has(it))
      .map((it) => `- tool ${it.publicName} (${keyList(before.keysOf(it))})`),
    ...Array.from(
      renamed,
      ([old, it]) =>
        `~ tool ${old.publicName} becomes ${it.publicName} (${keyList(union(before.keysOf(old), after.keysOf(it)))})`,
    ),
    ...before.all.flatMap((old) => {
      const it = after.get(old.publicName);
      return it === undefined ? [] : handover(it.publicName, before.keysOf(old), after.keysOf(it));
    }),
  ];
}

/** The tools of one configuration, as far as it is known what its upstreams have. */
class ConfiguredTools {
  /** Names of upstreams of which nothing is known. */
  readonly unknown: string[] = [];
  readonly #byName = new Map<string, ConfiguredTool>();
  readonly #universe: Universe;

  constructor(
    { upstreams, mcp: { separator }, mcpAliases }: GatewayConfig,
    private readonly known: KnownState,
  ) {
    this.#universe = new Universe(upstreams, known.toolsets, separator, mcpAliases);
    for (const upstream of upstreams) {
      const origin = endpointFingerprint(upstream);
      const catalog = this.#catalogOf(upstream.name, origin);
      if (catalog === null) this.unknown.push(upstream.name);
      else
        for (const { name } of filterCatalog(catalog, upstream, separator).tools) {
          const publicName = qualifiedName(upstream.name, name, separator);
          const tool = { publicName, upstream: upstream.name, tool: name, origin: `${origin} ${name}` };
          this.#byName.set(publicName, tool);
        }
    }
  }

  get all(): readonly ConfiguredTool[] {
    return [...this.#byName.values()];
  }

  has(publicName: string): boolean {
    return this.#byName.has(publicName);
  }

  get(publicName: string): ConfiguredTool | undefined {
    return this.#byName.get(publicName);
  }

  /** Names of the keys that may use it. */
  keysOf({ upstream, tool }: ConfiguredTool): ReadonlySet<string> {
    const allowed = this.known.keys.filter(
      ({ policy }) => authorize(policy, this.#universe, { upstream, tool }).allowed,
    );
    return new Set(allowed.flatMap(({ names }) => names));
  }

  /** That of the name, else that of another name for the same place. */
  #catalogOf(name: string, fingerprint: string): UpstreamCatalog | null {
    const same = this.known.catalogs.filter((it) => it.fingerprint === fingerprint);
    return (same.find(({ catalog }) => catalog.upstream === name) ?? same[0])?.catalog ?? null;
  }
}

function pairOf(
  old: ConfiguredTool,
  added: readonly ConfiguredTool[],
): readonly (readonly [ConfiguredTool, ConfiguredTool])[] {
  const next = added.find(({ origin }) => origin === old.origin);
  return next === undefined ? [] : [[old, next]];
}

function handover(tool: string, before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  const gained = [...after].filter((key) => !before.has(key));
  const lost = [...before].filter((key) => !after.has(key));
  if (gained.length + lost.length === 0) return [];
  const parts = [
    ...(gained.length > 0 ? [`now for ${keyList(gained)}`] : []),
    ...(lost.length > 0 ? [`no longer for ${keyList(lost)}`] : []),
  ];
  return [`~ tool ${tool}: ${parts.join(', ')}`];
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a, ...b]);
}

function keyList(keys: Iterable<string>): string {
  const names = [...keys].sort();
  const more = names.length - maxKeysNamed;
  if (names.length === 0) return 'no key';
  return `keys: ${names.slice(0, maxKeysNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
