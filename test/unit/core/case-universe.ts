import type { PermissionUniverse } from '../../../src/core/permission.js';
import { qualifiedName } from '../../../src/core/tool-name.js';
import type { CaseUniverse } from '../../cases/permission-cases.js';

/** The domain's view of the universe that the permission cases share. */
export function universeOf(written: CaseUniverse, separator = '__'): PermissionUniverse {
  const upstreams = Object.entries(written.upstreams);
  const names = new Map(upstreams.flatMap(([name, { id }]) => [[id, name] as const, [name, name] as const]));
  const groups = new Map(upstreams.map(([name, it]) => [name, new Set(it.access_groups)]));
  const toolsets = new Map(
    Object.entries(written.toolsets).map(([name, tools]) => [
      name,
      new Map(Object.entries(tools).map(([upstream, list]) => [upstream, new Set(list)])),
    ]),
  );
  return {
    upstreamName: (nameOrId) => names.get(nameOrId),
    accessGroupsOf: (upstream) => groups.get(upstream) ?? new Set(),
    accessGroup: (group) => {
      const members = upstreams.filter(([, it]) => it.access_groups.includes(group)).map(([name]) => name);
      return members.length === 0 ? undefined : new Set(members);
    },
    toolset: (name) => toolsets.get(name),
    qualifiedName: (upstream, tool) => qualifiedName(upstream, tool, separator),
  };
}
