import { channel, subscribe } from 'node:diagnostics_channel';

/** One JSON-RPC message between the gateway and an upstream, as `--detailed_debug` shows it. */
export interface UpstreamTraffic {
  readonly direction: 'to_upstream' | 'from_upstream';
  readonly upstream: string;
  /** JSON text. What was configured to reach the upstream is taken out. */
  readonly body: string;
}

/** Connections that are opened while somebody listens here tell of every message; all others do nothing for it. */
export const upstreamTraffic = channel('toolgate:upstream-traffic');

export function onUpstreamTraffic(listener: (message: UpstreamTraffic) => void): void {
  subscribe(upstreamTraffic.name, (message) => listener(message as UpstreamTraffic));
}
