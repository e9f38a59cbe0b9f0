import {
  allFeatures,
  capabilitiesFor,
  capabilitiesOf,
  type Askable,
  type ClientFeatures,
} from './client-features.js';
import { GatewayError } from './errors.js';

/** Names what an upstream's question needs and its client did not declare (MCP 2026-07-28, -32021). */
export function missingFeature(
  feature: keyof ClientFeatures,
  method: string,
  upstream: string | null,
): GatewayError {
  const requiredCapabilities = capabilitiesFor(feature);
  const asker = upstream === null ? 'The upstream' : `Upstream ${upstream}`;
  return new GatewayError('MISSING_CLIENT_CAPABILITY', {
    ...(upstream === null ? {} : { upstream }),
    message: `${asker} needs ${method}, but the client did not declare ${JSON.stringify(requiredCapabilities)}.`,
    data: { requiredCapabilities },
  });
}

/** Names what a client would have to declare to be offered a tool at all; none named: everything. */
export function unmetNeeds(tool: string, needs: readonly Askable[]): GatewayError {
  const ways = needs.map((feature) => capabilitiesFor(feature));
  const [requiredCapabilities = capabilitiesOf(allFeatures)] = ways;
  const declared = (ways.length === 0 ? [requiredCapabilities] : ways)
    .map((way) => JSON.stringify(way))
    .join(' or ');
  return new GatewayError('MISSING_CLIENT_CAPABILITY', {
    tool,
    message: `Tool ${tool} is offered only to clients that declare ${declared}.`,
    data: { requiredCapabilities },
  });
}
