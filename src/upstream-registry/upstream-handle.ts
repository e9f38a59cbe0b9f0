import type { CatalogTool, UpstreamCatalog } from '../core/catalog.js';
import { GatewayError } from '../core/errors.js';
import { noFeatures } from '../core/client-features.js';
import type { Era } from '../core/protocol-version.js';
import type { UpstreamConfig, UpstreamState } from '../core/upstream.js';
import type { CatalogChanges } from './catalog/catalog-changes.js';
import type { CatalogSource } from './catalog/catalog-keeper.js';
import { readCatalog } from './catalog/catalog-reader.js';
import type { ConditionSource } from './catalog/condition-keeper.js';
import type { ReadAs } from './catalog/condition-reader.js';
import { Offer, type OfferOwner } from './catalog/offer.js';
import { sameEndpoint } from './config-fingerprint.js';
import { Admission } from './connection/admission.js';
import type { Connection } from './connection/connection.js';
import { sourceOver } from './catalog/catalog-source.js';
import type { OpenConnection } from './connection/open-connection.js';
import { Pulse, type PulseListener } from './connection/pulse.js';
import { Health } from './health.js';
import { LastLines } from './last-lines.js';
import { Line, type LineOwner, type LineSetting } from './line.js';
import { PrivateLines, visitorWith } from './private-lines.js';
import { ProtocolMemory } from './protocol-memory.js';
import type { RegistrySetting } from './registry-setting.js';
import type { TransportFault } from './transports/transport-fault.js';
import type {
  Upstream,
  UpstreamCall,
  UpstreamClient,
  UpstreamLink,
  UpstreamNotification,
  UpstreamRequest,
  UpstreamStatus,
} from './upstream.js';

/** Whom an upstream tells. */
export interface UpstreamListener {
  onCatalog(upstream: UpstreamHandle, changes: CatalogChanges): void;
  onCatalogRead(upstream: UpstreamHandle, catalog: UpstreamCatalog): void;
  onNotification(upstream: UpstreamHandle, notification: UpstreamNotification): void;
  onState(upstream: UpstreamHandle, state: UpstreamState, reason: string | null): void;
  /** The shared connection is a new one: what the upstream was told on the last is forgotten. */
  onConnected(upstream: UpstreamHandle): void;
  onStderr(upstream: UpstreamHandle, line: string): void;
}

/** Lines of stderr that are kept for whoever asks why a process failed. */
const keptStderrLines = 20;
/** A second process of an upstream is not started before the first has come to rest. */
const commandConditionsMs = 1_000;

/** One configured upstream: its shared connection, its catalog and its health, whatever is configured anew under way. */
export class UpstreamHandle implements Upstream, UpstreamLink, LineOwner, OfferOwner, PulseListener {
  readonly #admission: Admission;
  readonly #offer: Offer;
  readonly #health: Health;
  readonly #lineSetting: LineSetting;
  readonly #privateLines: PrivateLines;
  readonly #draining = new Set<Promise<void>>();
  readonly #stderr = new LastLines(keptStderrLines);
  #memory = new ProtocolMemory();
  #config: UpstreamConfig;
  #line: Line;
  /** A line to a changed endpoint that is not ready to take over yet. */
  #nextLine: Line | null = null;
  #pulse: Pulse;
  #catalogProblem: string | null = null;
  #isUnresponsive = false;
  #isClosed = false;

  constructor(
    config: UpstreamConfig,
    private readonly setting: RegistrySetting,
    private readonly listener: UpstreamListener,
  ) {
    this.#config = config;
    this.#admission = new Admission(this.#admissionSettings());
    this.#health = new Health((state, reason) => listener.onState(this, state, reason));
    this.#offer = new Offer(setting, this);
    this.#lineSetting = {
      limits: setting.transport,
      admission: this.#admission,
      slots: setting.slots,
      metrics: setting.metrics,
      onStderr: (line) => {
        this.#stderr.add(line);
        listener.onStderr(this, line);
      },
    };
    this.#privateLines = new PrivateLines(this.#lineSetting, () => this.#offer.refreshForOne());
    this.#line = this.#sharedLine(config);
    this.#pulse = new Pulse(this.#line.calls, this);
  }

  get config(): UpstreamConfig {
    return this.#config;
  }

  get catalog(): UpstreamCatalog | null {
    return this.#offer.current;
  }

  get lastRead(): UpstreamCatalog | null {
    return this.#offer.lastRead;
  }

  get withheld(): readonly CatalogTool[] {
    return this.#offer.withheld;
  }

  /** The connection all share. Stays the same object for the life of the upstream. */
  get shared(): UpstreamLink {
    return this;
  }

  get era(): Era | null {
    return this.#memory.last?.era ?? null;
  }

  /** Connects, in the background and for ever. */
  start(): void {
    void this.#line.keeper.acquire().catch(() => undefined);
  }

  restore(catalog: UpstreamCatalog): void {
    this.#offer.restore(catalog);
  }

  request(request: UpstreamRequest): UpstreamCall {
    return this.#line.link.request(request);
  }

  notify(method: string, paramsJson: string): void {
    this.#line.link.notify(method, paramsJson);
  }

  /** Nobody closes what all share; the registry does, with `stop`. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  status(): UpstreamStatus {
    const { current } = this.#line.keeper;
    const isDegraded = this.#health.state === 'ready' && this.#line.isCircuitOpen;
    return {
      state: isDegraded ? 'degraded' : this.#health.state,
      since: this.#health.since,
      lastFailure: this.#health.lastFailure,
      toolCount: this.catalog?.tools.length ?? 0,
      withheldTools: this.withheld.length,
      inFlight: this.#admission.inFlight,
      queued: this.#admission.queued,
      stderr: this.#stderr.all,
      latencyMs: this.#pulse.latencyMs,
      transport: current?.connection.transport.kind ?? this.#memory.last?.transport ?? null,
      protocolVersion: current?.facts.protocolVersion ?? null,
    };
  }

  openPrivate(client: UpstreamClient): UpstreamLink {
    return this.#privateLines.open(this.#config, this.#memory, client);
  }

  /** Other tools may be seen than before. */
  review(): void {
    this.#offer.review();
  }

  /** Resolves when it is known what clients that can be asked are offered, or that it cannot be known now. */
  settle(): Promise<void> {
    return this.#offer.settle();
  }

  /** Takes over a new configuration. A changed endpoint is connected first, then the old connection is drained. */
  configure(config: UpstreamConfig): void {
    const isSameEndpoint = sameEndpoint(this.#config, config);
    this.#config = config;
    this.#admission.configure(this.#admissionSettings());
    this.review();
    const tools = this.lastRead?.tools ?? [];
    this.setting.pins?.see({ upstream: config, tools });
    if (isSameEndpoint) {
      this.#line.configure(config, this.setting.transport);
      return;
    }
    if (this.#nextLine !== null) this.#drain(this.#nextLine, 0);
    this.#memory = new ProtocolMemory();
    this.#nextLine = this.#sharedLine(config);
    void this.#nextLine.keeper.acquire().catch(() => undefined);
  }

  /** Takes no more calls; those in flight may still take `drainMs`. Nothing is left open afterwards. */
  async stop(drainMs: number): Promise<void> {
    this.#isClosed = true;
    this.#offer.close();
    this.#pulse.watch(null);
    if (this.#nextLine !== null) this.#drain(this.#nextLine, 0);
    this.#drain(this.#line, drainMs);
    await Promise.all([...this.#draining, this.#privateLines.drain(drainMs)]);
    this.#admission.close();
    this.#health.become('disabled');
  }

  /** On the shared connection there is no one client whom a server could ask. */
  readonly answerRequest = (): Promise<string> => Promise.reject(new GatewayError('METHOD_NOT_FOUND'));

  onConnecting(line: Line): void {
    const { state } = this.#health;
    const isTryingAgain = state === 'down' || state === 'rejected_credentials';
    if (line === this.#line && !isTryingAgain) this.#health.become('connecting');
  }

  onConnected(line: Line, { connection }: OpenConnection): void {
    if (this.#isClosed) return;
    if (line === this.#nextLine) this.#switchTo(line);
    if (line !== this.#line) return;
    this.#isUnresponsive = false;
    this.#pulse.watch(connection);
    this.#judge();
    this.#offer.refresh();
    this.listener.onConnected(this);
  }

  onDisconnected(line: Line, fault: TransportFault): void {
    if (this.#isClosed) return;
    if (line === this.#nextLine) this.#switchTo(line);
    if (line !== this.#line) return;
    this.#pulse.watch(null);
    this.#health.failed(fault);
  }

  onNotification(notification: UpstreamNotification): void {
    this.listener.onNotification(this, notification);
  }

  onListChanged(): void {
    this.#offer.refresh();
  }

  onSuspicion(line: Line, connection: Connection): void {
    if (line === this.#line) this.#pulse.suspect(connection);
  }

  onAlive(): void {
    this.#isUnresponsive = false;
    this.#judge();
  }

  onBusy(fault: TransportFault): void {
    this.#isUnresponsive = true;
    this.#health.note(fault.stage, fault.message);
    this.#judge();
  }

  onDead(connection: Connection, fault: TransportFault): void {
    this.#line.keeper.lost(connection, fault);
  }

  catalogSource(): CatalogSource | null {
    const { current } = this.#line.keeper;
    if (current === null) return null;
    return sourceOver(current, this.#line.calls);
  }

  conditionSource(): ConditionSource {
    const isToldApart = this.#config.session !== 'shared';
    const delayMs = this.#config.endpoint.kind === 'stdio' ? commandConditionsMs : 0;
    return { readAs: isToldApart ? this.#readAs : null, delayMs };
  }

  onCatalog(changes: CatalogChanges): void {
    this.listener.onCatalog(this, changes);
  }

  onCatalogRead(catalog: UpstreamCatalog): void {
    this.listener.onCatalogRead(this, catalog);
  }

  onCatalogFault(message: string | null): void {
    this.#catalogProblem = message;
    if (message !== null) this.#health.note('list', message);
    this.#judge();
  }

  /** The lists as a client of these features gets them: over a connection of its own where only that tells clients apart. */
  readonly #readAs: ReadAs = async (features) => {
    const { current } = this.#line.keeper;
    if (current?.connection.dialect.era === 'modern') {
      return this.#readFrom(sourceOver(current, this.#line.calls, visitorWith(features)));
    }
    return this.setting.sideSlots.run(() =>
      this.#privateLines.visit(this.#config, this.#memory, features, (source) => this.#readFrom(source)),
    );
  };

  async #readFrom(source: CatalogSource): Promise<UpstreamCatalog> {
    const { catalog, fault } = await readCatalog(
      this.#config.name,
      source.facts,
      null,
      source.ask,
      this.setting.lists,
    );
    if (fault !== null) throw fault;
    return catalog;
  }

  /** Connected: ready, or degraded for a reason. */
  #judge(): void {
    if (this.#line.keeper.current === null) return;
    if (this.#catalogProblem !== null) this.#health.become('degraded', this.#catalogProblem);
    else if (this.#isUnresponsive) this.#health.become('degraded', 'does not answer ping');
    else this.#health.become('ready');
  }

  #switchTo(line: Line): void {
    const old = this.#line;
    this.#nextLine = null;
    this.#line = line;
    this.#pulse.watch(null);
    this.#pulse = new Pulse(line.calls, this);
    this.#drain(old, this.#config.timeoutMs);
  }

  #sharedLine(config: UpstreamConfig): Line {
    return new Line(
      config,
      this.#lineSetting,
      { features: noFeatures, isEager: true, memory: this.#memory },
      this,
    );
  }

  #drain(line: Line, drainMs: number): void {
    const draining = line.link.drain(drainMs).finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
  }

  #admissionSettings(): { upstream: string; maxInFlight: number; maxQueued: number } {
    const { name, maxConcurrentRequests } = this.#config;
    return { upstream: name, maxInFlight: maxConcurrentRequests, maxQueued: this.setting.maxQueued };
  }
}
