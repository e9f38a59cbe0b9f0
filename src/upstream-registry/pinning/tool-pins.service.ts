import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import type { CatalogTool, RejectedDefinition, UpstreamCatalog } from '../../core/catalog.js';
import { toolFingerprint } from '../../core/tool-fingerprint.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { ChangeBus } from '../../database/change-bus.js';
import {
  FINGERPRINT_STORE,
  type FingerprintStore,
  type Observation,
  type SeenTool,
  type ToolVersion,
  type ToolVersionKey,
} from './fingerprint-store.js';
import { hiddenInTool, versionKey } from './seen-tools.js';
import type { ToolChange } from './tool-change.js';
import { ToolWatch, type Sight, type ToolWatchListener } from './tool-watch.js';

/** What is left of a catalog, and what is not. */
export interface Withholding {
  readonly shown: UpstreamCatalog;
  readonly withheld: readonly CatalogTool[];
}

export type ToolChangeListener = (upstream: string, changes: readonly ToolChange[]) => void;

/** Names in a line of the log. */
const maxNamesLogged = 10;

/**
 * Knows which definitions of tools were seen and approved. Of a pinned upstream nobody sees a tool whose definition was
 * not: what it has when it is seen for the first time is trusted, later changes are an administrator's to approve.
 */
@Injectable()
export class ToolPins implements ToolWatchListener, OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('ToolPins');
  readonly #watch: ToolWatch;
  /** Of pinned upstreams, by their ids. */
  readonly #approved = new Map<string, ReadonlySet<string>>();
  /** Pinned upstreams of which it is not known yet what is approved: nothing of them is shown. */
  readonly #unknown = new Set<string>();
  readonly #decisionListeners = new Set<(id: string) => void>();
  readonly #changeListeners = new Set<ToolChangeListener>();
  /** Raised with every decision on an upstream, by its id. */
  readonly #revisions = new Map<string, number>();
  #stopListening: () => void = () => undefined;

  constructor(
    @Inject(FINGERPRINT_STORE) private readonly store: FingerprintStore,
    @Inject(ChangeBus) private readonly bus: Pick<ChangeBus, 'subscribe' | 'publish'>,
  ) {
    this.#watch = new ToolWatch(store, this);
  }

  onModuleInit(): void {
    this.#stopListening = this.bus.subscribe(({ kind, id }) => {
      if (kind === 'everything') this.#learn([...this.#approved.keys(), ...this.#unknown]);
      else if (kind === 'tool_pins' && this.#approved.has(id)) this.#learn([id]);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopListening();
    await this.#watch.close();
  }

  /** Reads what is approved of pinned upstreams, by their ids. Rejects with DATABASE_UNAVAILABLE. */
  async load(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      let approved: readonly ToolVersionKey[];
      let revision: number | undefined;
      // What was decided while it was read may be newer than what was read.
      do {
        revision = this.#revisions.get(id);
        approved = await this.store.approved(id);
      } while (revision !== this.#revisions.get(id));
      this.#decide(id, approved);
    }
  }

  /** The catalog without the tools that nobody may see yet; they stand among the rejected, with the reason. */
  withhold({ id, pin }: UpstreamConfig, catalog: UpstreamCatalog): Withholding {
    if (!pin) return { shown: catalog, withheld: [] };
    const approved = this.#approved.get(id);
    if (approved === undefined && !this.#unknown.has(id)) {
      this.#unknown.add(id);
      this.#learn([id]);
    }
    const isApproved = (tool: CatalogTool): boolean => approved?.has(keyOf(tool)) === true;
    const tools = catalog.tools.filter(isApproved);
    if (tools.length === catalog.tools.length) return { shown: catalog, withheld: [] };
    const withheld = catalog.tools.filter((tool) => !isApproved(tool));
    const rejected = [...catalog.rejected, ...withheld.map(({ name }) => withheldDefinition(name, id))];
    return { shown: { ...catalog, tools, rejected }, withheld };
  }

  /** Told of everything an upstream has, whenever that was found out. */
  see(sight: Sight): void {
    if (sight.tools.length > 0) this.#watch.see(sight);
  }

  /** Approves definitions, for all replicas. Resolves when this one shows them. */
  async approve(id: string, tools: readonly SeenTool[], by: string): Promise<void> {
    await this.store.approve(id, tools, by);
    await this.load([id]);
    await this.bus.publish({ kind: 'tool_pins', id });
  }

  versions(id: string): Promise<readonly ToolVersion[]> {
    return this.store.versions(id);
  }

  /** JSON texts by fingerprint, as far as they are kept. */
  definitions(id: string, fingerprints: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.store.definitions(id, fingerprints);
  }

  /** An upstream that was removed for good. */
  async forget(id: string): Promise<void> {
    this.#watch.forget(id);
    this.#approved.delete(id);
    this.#unknown.delete(id);
    await this.store.forget(id);
  }

  /** Told when other tools of an upstream may be seen than before. @returns takes the listener away again */
  onDecision(listener: (id: string) => void): () => void {
    this.#decisionListeners.add(listener);
    return () => this.#decisionListeners.delete(listener);
  }

  /** Told of new and changed tools, by the one replica that noted them first. @returns takes the listener away again */
  onToolChanges(listener: ToolChangeListener): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onObservation({ upstream, tools }: Sight, { isFirst, added, approved }: Observation): void {
    if (approved !== null) this.#decide(upstream.id, approved);
    if (added.length === 0) return;
    const byKey = new Map(added.map((it) => [versionKey(it), it]));
    const changes = tools.flatMap((tool): ToolChange[] => {
      const it = byKey.get(keyOf(tool));
      if (it === undefined) return [];
      const kind = it.previousSha256 === null ? 'new' : 'changed';
      return [{ ...it, kind, isWithheld: upstream.pin && !isFirst, hidden: hiddenInTool(tool) }];
    });
    this.#log(upstream.name, changes, isFirst);
    if (!isFirst) for (const listener of this.#changeListeners) listener(upstream.name, changes);
  }

  /** What cannot be read now is read when the database is back, which is told as `everything`. */
  #learn(ids: readonly string[]): void {
    void this.load(ids).catch(() => undefined);
  }

  #decide(id: string, versions: readonly ToolVersionKey[]): void {
    const before = this.#approved.get(id);
    const approved = new Set(versions.map(versionKey));
    this.#revisions.set(id, (this.#revisions.get(id) ?? 0) + 1);
    this.#approved.set(id, approved);
    this.#unknown.delete(id);
    if (before?.size === approved.size && [...approved].every((key) => before.has(key))) return;
    for (const listener of this.#decisionListeners) listener(id);
  }

  #log(upstream: string, changes: readonly ToolChange[], isFirst: boolean): void {
    if (!isFirst) {
      const isWithheld = changes.some((change) => change.isWithheld);
      this.#logger.warn(
        `Upstream ${upstream} has new or changed tools: ${listed(changes.map(({ tool, kind }) => `${tool} (${kind})`))}` +
          (isWithheld ? '; they are withheld until they are approved' : ''),
      );
    }
    const hiding = changes.filter(({ hidden }) => hidden.length > 0).map(({ tool }) => tool);
    if (hiding.length > 0)
      this.#logger.warn(`Upstream ${upstream} hides characters in definitions: ${listed(hiding)}`);
  }
}

const keyOf = (tool: CatalogTool): string => versionKey({ tool: tool.name, sha256: toolFingerprint(tool) });

const withheldDefinition = (name: string, id: string): RejectedDefinition => ({
  kind: 'tool',
  name,
  reason: `Its definition is new or has changed; it is withheld until POST /v1/mcp/server/${id}/approve.`,
});

function listed(names: readonly string[]): string {
  const rest = names.length - maxNamesLogged;
  return names.slice(0, maxNamesLogged).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
