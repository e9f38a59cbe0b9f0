import { resolve } from 'node:path';

import { parseDocument } from 'yaml';

/** `TEST_HOT_ROUTES=off`: gateways that a test asks nothing else of take every request through Nest's own router. */
export const hotRoutesByDefault = process.env['TEST_HOT_ROUTES'] !== 'off';

/** Both ways into the program: in front of its router, and through it. */
export const ways = [
  ['hot routes', true],
  ["Nest's own router", false],
] as const;

/** The same config.yaml with the hot routes off; a gateway without one gets the demo server that it would have. */
export function withoutHotRoutes(config: string | undefined): string {
  const demo = { transport: 'stdio', command: process.execPath, args: [resolve('dist/demo/main.js')] };
  const document = parseDocument(config ?? JSON.stringify({ mcp_servers: { demo } }));
  document.setIn(['general_settings', 'hot_routes'], false);
  return document.toString({ lineWidth: 0 });
}
