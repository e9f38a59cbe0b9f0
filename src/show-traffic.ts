import type { Logger } from 'pino';

import type { RequestTaker } from './http/gateway-http.adapter.js';
import { watchClientTraffic } from './http/logging/client-traffic.js';
import { TrafficLog } from './http/logging/traffic-log.js';
import { onUpstreamTraffic } from './upstream-registry/transports/traffic-channel.js';

/**
 * `--detailed_debug`: logs every JSON-RPC message on both sides of the gateway, redacted. Called before any upstream is
 * connected. Gives what turns a taker of requests into one that is watched.
 */
export function showTraffic(logger: Logger): (take: RequestTaker) => RequestTaker {
  const traffic = new TrafficLog(logger, true);
  onUpstreamTraffic(({ direction, upstream, body }) => traffic.message(direction, body, { upstream }));
  return (take) => (request, response) => {
    watchClientTraffic(request, response, traffic);
    return take(request, response);
  };
}
