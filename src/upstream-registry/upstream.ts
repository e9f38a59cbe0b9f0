import type { CatalogTool, UpstreamCatalog } from '../core/catalog.js';
import type { ClientFeatures } from '../core/client-features.js';
import type { Era } from '../core/protocol-version.js';
import type { JsonBytes, RpcErrorObject, RpcOutcome } from '../core/rpc.js';
import type { UpstreamConfig, UpstreamState } from '../core/upstream.js';

/** A request to an upstream. The connection chooses the JSON-RPC id; it doubles as the progress token. */
export interface UpstreamRequest {
  readonly method: string;
  /** Writes the JSON text of `params` (one object); `token` goes into `_meta.progressToken` when progress is wanted. */
  encodeParams(token: number): string;
  /** Tool or prompt name, or resource URI, as the upstream knows it; left out: read from the params where it is needed. */
  readonly name?: string;
  /** The tool that is called: its schema says which arguments travel as headers too (MCP 2026-07-28, `x-mcp-header`). */
  readonly tool?: CatalogTool;
  /** Who asks, for upstreams that are told with every request; left out: whom the connection belongs to. */
  readonly client?: RequestClient;
  /** How often the upstream wanted input for this request already. */
  readonly inputRounds?: number;
  /** Client headers to send along, already reduced to the upstream's `extraHeaders`; HTTP transports only. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The call may be sent once more when the connection breaks under it, though it may have run already. Not needed for
   * a call that certainly did not run: that is always sent again.
   */
  readonly isRepeatable?: boolean;
  /** Progress and log notifications that belong to this request, in order, before the outcome. Must not throw. */
  readonly onNotification?: (notification: UpstreamNotification) => void;
}

export interface UpstreamNotification {
  readonly method: string;
  /** JSON text of `params` as received; for progress, without its `progressToken`. */
  readonly paramsJson: string;
}

/** A request under way. */
export interface UpstreamCall {
  /** Settles once. Rejects with a `GatewayError`: UPSTREAM_*, OVERLOADED or CANCELLED. */
  readonly outcome: Promise<RpcOutcome>;
  /** Tells the upstream (notifications/cancelled, or closing the stream) and settles as CANCELLED. Idempotent. */
  cancel(reason: string): void;
}

/** The client of one request, as an upstream of revision 2026-07-28 is told of it in `_meta`. */
export interface RequestClient {
  readonly features: ClientFeatures;
  /** Least severe log messages wanted on this request; null: none. */
  readonly logLevel: string | null;
  /** The way of what an upstream wants to know before it goes on (MCP 2026-07-28, multi round-trip requests). */
  readonly input: InputPath;
}

export type InputPath =
  /** Each question is put to the client, and the request is made again with the answers. See `UpstreamClient.onRequest`. */
  | { readonly kind: 'asked'; ask(method: string, paramsJson: string, signal: AbortSignal): Promise<string> }
  /**
   * The client of this era is given the `input_required` result itself, made fit for it: a result with another
   * `requestState`. Throws a GatewayError when it cannot be.
   */
  | { readonly kind: 'passed'; pass(result: JsonBytes): JsonBytes };

/** What a client session of its own connection offers the upstream: sampling, elicitation, roots (MCP client features). */
export interface UpstreamClient {
  readonly features: ClientFeatures;
  /** Least severe log messages wanted, as of now; null or left out: what the upstream sends by itself. */
  readonly logLevel?: string | null;
  /**
   * A request of the upstream (JSON text of params); resolves to the JSON text of the result, rejects with GatewayError,
   * or with ClientRefusal to pass on the error that the client answered.
   */
  onRequest(method: string, paramsJson: string, signal: AbortSignal): Promise<string>;
  onNotification(notification: UpstreamNotification): void;
}

/** A client answered a request of an upstream with a JSON-RPC error; the upstream gets it as it is. */
export class ClientRefusal extends Error {
  override readonly name = 'ClientRefusal';

  constructor(readonly error: RpcErrorObject) {
    super('The client answered with an error.');
  }
}

/** A way to ask an upstream: the connection shared by all, or one that belongs to a single client session. */
export interface UpstreamLink {
  request(request: UpstreamRequest): UpstreamCall;
  notify(method: string, paramsJson: string): void;
  close(): Promise<void>;
}

/** A configured MCP server, whatever its state. Never throws for being down: its requests reject. */
export interface Upstream {
  readonly config: UpstreamConfig;
  /** Last known good, as clients may see it; null until it was read once in the life of this data folder. */
  readonly catalog: UpstreamCatalog | null;
  /** Last known good as the upstream has it, before configuration narrowed it and pins withheld from it. */
  readonly lastRead: UpstreamCatalog | null;
  /** Tools that nobody sees until they are approved. */
  readonly withheld: readonly CatalogTool[];
  readonly shared: UpstreamLink;
  /** Whether it knows sessions, or is told with each request who makes it; null before that was found out. */
  readonly era: Era | null;
  /** Resolves when it is known what clients that can be asked are offered, or that it cannot be known now. */
  settle(): Promise<void>;
  status(): UpstreamStatus;
  /** A connection of its own for one client session; connects when first used. */
  openPrivate(client: UpstreamClient): UpstreamLink;
}

export interface UpstreamStatus {
  readonly state: UpstreamState;
  readonly since: Date;
  readonly lastFailure: { readonly stage: string; readonly message: string; readonly at: Date } | null;
  readonly toolCount: number;
  /** Tools that nobody sees until they are approved. */
  readonly withheldTools: number;
  readonly inFlight: number;
  readonly queued: number;
  /** What its process wrote to stderr last, our credentials taken out; oldest first. */
  readonly stderr: readonly string[];
  /** Milliseconds of the last probe; null before the first. */
  readonly latencyMs: number | null;
  /** Found out when connecting: transport in use and negotiated protocol version. */
  readonly transport: 'stdio' | 'sse' | 'http' | null;
  readonly protocolVersion: string | null;
}
