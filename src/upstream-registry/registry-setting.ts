import type { ListLimits } from './catalog/list-reader.js';
import type { ConnectSlots } from './connection/connect-slots.js';
import type { ToolPins } from './pinning/tool-pins.service.js';
import type { TransportLimits } from './transports/transport.js';
import type { UpstreamMetrics } from './upstream-metrics.js';

/** What all upstreams of a registry share. */
export interface RegistrySetting {
  readonly separator: string;
  readonly transport: TransportLimits;
  readonly lists: ListLimits;
  readonly listRefreshMs: number;
  /** Calls that may wait for one upstream. */
  readonly maxQueued: number;
  readonly slots: ConnectSlots;
  /** Bounds connections that are only for finding something out. */
  readonly sideSlots: ConnectSlots;
  readonly metrics: UpstreamMetrics | null;
  /** null: nothing is pinned. */
  readonly pins: ToolPins | null;
}
