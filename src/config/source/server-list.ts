import type { ProblemList } from '../problem-list.js';
import type { MapEntry, MapNode } from './config-node.js';

/**
 * `mcp_servers` in its one form, a map by name. LiteLLM's pages also show a list of maps with a `server_name` each;
 * its entries get their name's place as the place of their key.
 */
export function withServerMap(root: MapNode, problems: ProblemList): MapNode {
  const servers = root.entries.get('mcp_servers');
  if (servers?.node.kind !== 'list') return root;
  const byName = new Map<string, MapEntry>();
  for (const item of servers.node.items) {
    const name = item.kind === 'map' ? item.entries.get('server_name')?.node : undefined;
    if (name?.kind !== 'scalar' || typeof name.value !== 'string' || name.value === '') {
      problems.fault(item.at, 'a server in a list needs a server_name');
      continue;
    }
    const first = byName.get(name.value);
    if (first === undefined) byName.set(name.value, { keyAt: name.at, node: item });
    else problems.fault(name.at, `duplicate server "${name.value}" (first on line ${first.keyAt.line})`);
  }
  const node: MapNode = { kind: 'map', at: servers.node.at, entries: byName };
  return { ...root, entries: new Map(root.entries).set('mcp_servers', { ...servers, node }) };
}
