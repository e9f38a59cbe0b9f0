import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import type { UpstreamConfig, UpstreamState } from '../core/upstream.js';
import type { CatalogChanges } from './catalog/catalog-changes.js';
import { CATALOG_STORE, type CatalogStore } from './catalog/catalog-store.js';
import { CatalogWriter } from './catalog/catalog-writer.js';
import { StoredCatalogs } from './catalog/stored-catalogs.js';
import { endpointFingerprint, sameConfig } from './config-fingerprint.js';
import { ConnectSlots } from './connection/connect-slots.js';
import { ToolPins } from './pinning/tool-pins.service.js';
import type { RegistrySetting } from './registry-setting.js';
import { UpstreamHandle, type UpstreamListener } from './upstream-handle.js';
import { UPSTREAM_METRICS, type UpstreamMetrics } from './upstream-metrics.js';
import type { Upstream, UpstreamNotification } from './upstream.js';

export type CatalogChangeListener = (upstream: string, kinds: CatalogChanges) => void;
/** Told of each change of state. */
export type UpstreamStateListener = (upstream: string, state: UpstreamState) => void;
export type UpstreamNotificationListener = (upstream: string, notification: UpstreamNotification) => void;

/** Upstreams that start connecting at the same time. */
const connectSlots = 32;
/** Upstreams that are looked at once more, as a client sees them that can be asked. */
const sideSlots = 2;
const everything: CatalogChanges = { tools: true, prompts: true, resources: true };
/** How long calls of a removed upstream may still take. */
const drainMs = 30_000;

/**
 * All configured upstreams. Starting it waits for none of them: each connects by itself, and until then shows what was
 * known of it last.
 */
@Injectable()
export class UpstreamRegistry implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Upstreams');
  readonly #setting: RegistrySetting;
  readonly #listener: UpstreamListener = {
    onCatalog: (upstream, changes) => {
      const { name } = upstream.config;
      if (this.#upstreams.get(name) === upstream) this.#tell(name, changes);
    },
    onCatalogRead: (upstream, catalog) =>
      this.#writer.save({ catalog, fingerprint: endpointFingerprint(upstream.config) }),
    onNotification: (upstream, notification) => {
      for (const listener of this.#notificationListeners) listener(upstream.config.name, notification);
    },
    onState: (upstream, state, reason) => {
      const { name } = upstream.config;
      this.#logState(name, state, reason);
      for (const listener of this.#stateListeners) listener(name, state);
    },
    onConnected: (upstream) => {
      for (const listener of this.#connectionListeners) listener(upstream.config.name);
    },
    onStderr: (upstream, line) =>
      this.#logger.debug(`Upstream ${upstream.config.name} wrote to stderr: ${line}`),
  };
  readonly #upstreams = new Map<string, UpstreamHandle>();
  readonly #catalogListeners = new Set<CatalogChangeListener>();
  readonly #notificationListeners = new Set<UpstreamNotificationListener>();
  readonly #stateListeners = new Set<UpstreamStateListener>();
  readonly #connectionListeners = new Set<(upstream: string) => void>();
  readonly #leaving = new Set<UpstreamHandle>();
  readonly #stored: StoredCatalogs;
  readonly #writer: CatalogWriter;
  #stopReviewing: () => void = nothing;
  #inOrder: readonly Upstream[] = [];
  #revision = 0;
  #isClosed = false;

  constructor(
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(CATALOG_STORE) store: CatalogStore,
    @Optional() @Inject(UPSTREAM_METRICS) metrics: UpstreamMetrics | null = null,
    @Optional() @Inject(ToolPins) private readonly pins: ToolPins | null = null,
  ) {
    const { limits, mcp } = config;
    this.#writer = new CatalogWriter(store);
    this.#stored = new StoredCatalogs(store);
    this.#setting = {
      separator: mcp.separator,
      transport: { messageBytes: limits.upstreamResponseBytes, connectTimeoutMs: limits.connectTimeoutMs },
      lists: { pages: limits.listPages, timeoutMs: limits.listTimeoutMs, schemaDepth: limits.schemaDepth },
      listRefreshMs: limits.listRefreshMs,
      maxQueued: limits.upstreamQueue,
      slots: new ConnectSlots(connectSlots),
      sideSlots: new ConnectSlots(sideSlots),
      metrics,
      pins,
    };
    for (const upstream of config.upstreams) this.#upstreams.set(upstream.name, this.#create(upstream));
    this.#reorder();
  }

  /** Whether what was last known of upstreams before this start is known again. */
  get isRestored(): boolean {
    return this.#stored.isRead;
  }

  /** Raised whenever a catalog, a configuration or the set of upstreams changes. */
  get revision(): number {
    return this.#revision;
  }

  get(name: string): Upstream | undefined {
    return this.#upstreams.get(name);
  }

  /** In name order. The same array until the set changes. */
  list(): readonly Upstream[] {
    return this.#inOrder;
  }

  /** Starts connecting and, at the same time, takes over what an earlier process knew. */
  onApplicationBootstrap(): void {
    this.#stopReviewing = this.pins?.onDecision((id) => this.#review(id)) ?? nothing;
    for (const upstream of this.#upstreams.values()) upstream.start();
    void this.#stored.read(
      () => {
        for (const upstream of this.#upstreams.values()) this.#restoreOne(upstream);
      },
      async () => this.pins?.load(this.#pinned()),
    );
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** @returns takes the listener away again */
  onCatalogChange(listener: CatalogChangeListener): () => void {
    this.#catalogListeners.add(listener);
    return () => this.#catalogListeners.delete(listener);
  }

  /** What upstreams send on shared connections without being asked. @returns takes the listener away again */
  onUpstreamNotification(listener: UpstreamNotificationListener): () => void {
    this.#notificationListeners.add(listener);
    return () => this.#notificationListeners.delete(listener);
  }

  /** @returns takes the listener away again */
  onStateChange(listener: UpstreamStateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Told each time a shared connection was opened. @returns takes the listener away again */
  onConnected(listener: (upstream: string) => void): () => void {
    this.#connectionListeners.add(listener);
    return () => this.#connectionListeners.delete(listener);
  }

  /**
   * Takes over a new set of upstreams. Those that did not change notice nothing; changed endpoints are connected before
   * their old connection goes; removed ones take no more calls and finish those they have.
   */
  reconfigure(next: readonly UpstreamConfig[]): void {
    if (this.#isClosed) return;
    const names = new Set(next.map(({ name }) => name));
    const gone = [...this.#upstreams].filter(([name]) => !names.has(name));
    for (const [name, upstream] of gone) {
      this.#upstreams.delete(name);
      this.#leave(upstream);
    }
    // A server that joins or leaves an access group changes what keys may use, though its catalog stays.
    const regrouped = next.filter((config) => this.#isRegrouped(config));
    for (const config of next) this.#configure(config);
    this.#reorder();
    for (const name of [...gone.map(([goneName]) => goneName), ...regrouped.map((config) => config.name)])
      this.#tell(name, everything);
  }

  /** Ends every connection and process. Calls in flight fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stored.close();
    this.#stopReviewing();
    const all = [...this.#upstreams.values(), ...this.#leaving];
    await Promise.all(all.map((upstream) => upstream.stop(0)));
    await this.#writer.close();
  }

  #logState(name: string, state: UpstreamState, reason: string | null): void {
    if (state === 'disabled') {
      // That all of them end with the gateway goes without saying.
      if (!this.#isClosed) this.#logger.log(`Upstream ${name} was removed`);
      return;
    }
    const text = `Upstream ${name} is ${state}${reason === null ? '' : `: it ${reason}`}`;
    if (state === 'down' || state === 'rejected_credentials' || state === 'degraded') this.#logger.warn(text);
    else this.#logger.log(text);
  }

  #create(config: UpstreamConfig): UpstreamHandle {
    const upstream = new UpstreamHandle(config, this.#setting, this.#listener);
    this.#restoreOne(upstream);
    return upstream;
  }

  #configure(config: UpstreamConfig): void {
    const known = this.#upstreams.get(config.name);
    if (known === undefined) {
      const upstream = this.#create(config);
      this.#upstreams.set(config.name, upstream);
      upstream.start();
    } else if (sameConfig(known.config, config)) return;
    else known.configure(config);
    this.#revision++;
  }

  #isRegrouped({ name, accessGroups }: UpstreamConfig): boolean {
    const known = this.#upstreams.get(name)?.config.accessGroups;
    return known !== undefined && JSON.stringify(known) !== JSON.stringify(accessGroups);
  }

  #leave(upstream: UpstreamHandle): void {
    this.#leaving.add(upstream);
    void upstream.stop(drainMs).finally(() => this.#leaving.delete(upstream));
  }

  #reorder(): void {
    this.#inOrder = [...this.#upstreams.values()].sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
    this.#revision++;
  }

  #tell(name: string, changes: CatalogChanges): void {
    this.#revision++;
    for (const listener of this.#catalogListeners) listener(name, changes);
  }

  #pinned(): readonly string[] {
    return [...this.#upstreams.values()].filter(({ config }) => config.pin).map(({ config }) => config.id);
  }

  #review(id: string): void {
    for (const upstream of this.#upstreams.values()) if (upstream.config.id === id) upstream.review();
  }

  #restoreOne(upstream: UpstreamHandle): void {
    const catalog = this.#stored.take(upstream.config);
    if (catalog !== null) upstream.restore(catalog);
  }
}

function nothing(): void {
  // Until there is something to stop.
}
