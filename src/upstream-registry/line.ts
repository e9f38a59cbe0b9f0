import type { ClientFeatures } from '../core/client-features.js';
import type { UpstreamConfig } from '../core/upstream.js';
import type { Admission } from './connection/admission.js';
import { CallTable } from './connection/call-table.js';
import { CircuitBreakers } from './connection/circuit-breakers.js';
import type { AnswerRequest } from './connection/client-requests.js';
import type { ConnectSlots } from './connection/connect-slots.js';
import type { Connection } from './connection/connection.js';
import { ConnectionKeeper, type KeeperListener } from './connection/connection-keeper.js';
import { Link, type LinkTimes } from './connection/link.js';
import type { ListKind } from './connection/list-kind.js';
import { openConnection, type OpenConnection } from './connection/open-connection.js';
import type { ProtocolMemory } from './protocol-memory.js';
import { Redactor } from './redactor.js';
import type { TransportFault } from './transports/transport-fault.js';
import type { TransportLimits } from './transports/transport.js';
import type { UpstreamMetrics } from './upstream-metrics.js';
import type { UpstreamNotification } from './upstream.js';

/** What all lines of an upstream share. */
export interface LineSetting {
  readonly limits: TransportLimits;
  readonly admission: Admission;
  readonly slots: ConnectSlots;
  readonly metrics: UpstreamMetrics | null;
  readonly onStderr: (line: string) => void;
}

/** What tells the shared line from one of a single client. */
export interface LineKind {
  /** What the client can do that it is for; the shared line is for clients that can do nothing. */
  readonly features: ClientFeatures;
  /** What each of its connections asks for in the way of log messages; null: nothing. */
  readonly logLevel?: () => string | null;
  readonly isEager: boolean;
  readonly memory: ProtocolMemory;
}

export interface LineOwner {
  readonly answerRequest: AnswerRequest;
  onConnecting(line: Line): void;
  onConnected(line: Line, open: OpenConnection): void;
  onDisconnected(line: Line, fault: TransportFault): void;
  onNotification(notification: UpstreamNotification): void;
  onListChanged(kind: ListKind): void;
  onSuspicion(line: Line, connection: Connection): void;
}

/** A call waits so long for a connection: an address that does not answer is not waited for, a command that starts is. */
const remoteWaitMs = 1_000;
const commandWaitMs = 5_000;
/** An address is cheap to try again with each call; a command that ends as soon as it has started is not. */
const remoteGapMs = 250;
const commandGapMs = 4_000;

/** One way to an upstream as configured: calls, link and the connection under it, put together. */
export class Line implements KeeperListener {
  readonly calls: CallTable;
  readonly link: Link;
  readonly keeper: ConnectionKeeper;
  readonly #breakers = new CircuitBreakers();
  #limits: TransportLimits;

  constructor(
    readonly config: UpstreamConfig,
    setting: LineSetting,
    kind: LineKind,
    private readonly owner: LineOwner,
  ) {
    const { name, endpoint } = config;
    const { admission, slots, metrics, onStderr } = setting;
    this.#limits = limitsOf(config, setting.limits);
    const redactor = new Redactor(config);
    this.calls = new CallTable(name);
    this.link = new Link(
      name,
      { calls: this.calls, admission, breakers: this.#breakers, metrics },
      linkTimes(config, this.#limits),
      {
        answerRequest: owner.answerRequest,
        onNotification: (notification) => owner.onNotification(notification),
        onListChanged: (list) => owner.onListChanged(list),
        onSuspicion: (connection) => owner.onSuspicion(this, connection),
      },
    );
    const setup = { upstream: name, calls: this.calls, peer: this.link, redactor, endpoint, ...kind };
    const open = (signal: AbortSignal): Promise<OpenConnection> =>
      slots.run(() =>
        openConnection({
          ...setup,
          limits: this.#limits,
          signal,
          onStderr: (text) => onStderr(redactor.text(text)),
        }),
      );
    const maxGapMs = endpoint.kind === 'stdio' ? commandGapMs : remoteGapMs;
    this.keeper = new ConnectionKeeper({ open, isEager: kind.isEager, maxGapMs }, this);
    this.link.attach(this.keeper);
  }

  /** Nothing of it is answered at present, or something that was asked again and again is not. */
  get isCircuitOpen(): boolean {
    return this.#breakers.isOpen;
  }

  configure(config: UpstreamConfig, limits: TransportLimits): void {
    this.#limits = limitsOf(config, limits);
    this.link.configure(linkTimes(config, this.#limits));
  }

  onConnecting(): void {
    this.owner.onConnecting(this);
  }

  onConnected(open: OpenConnection): void {
    this.#breakers.onConnected();
    this.owner.onConnected(this, open);
  }

  onDisconnected(fault: TransportFault): void {
    this.owner.onDisconnected(this, fault);
  }
}

function linkTimes(
  { endpoint, timeoutMs, idleTimeoutMs }: UpstreamConfig,
  { connectTimeoutMs }: TransportLimits,
): LinkTimes {
  const connectWaitMs = endpoint.kind === 'stdio' ? commandWaitMs : remoteWaitMs;
  return { timeoutMs, idleTimeoutMs, connectWaitMs, renewWaitMs: connectTimeoutMs };
}

function limitsOf({ connectTimeoutMs }: UpstreamConfig, limits: TransportLimits): TransportLimits {
  return connectTimeoutMs === null ? limits : { ...limits, connectTimeoutMs };
}
