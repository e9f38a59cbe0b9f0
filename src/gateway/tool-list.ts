import { withMember } from './public-definition.js';
import type { PrincipalView, ToolRoute } from './principal-view.js';

/** Answers of a view, kept with it: a list is made once for all keys that see the same. */
const qualifiedLists = new WeakMap<PrincipalView, Buffer>();
const plainLists = new WeakMap<PrincipalView, Buffer>();

/** `{"tools":[...]}` with qualified names, each tool with its `mcp_info` (contract section 5). */
export function qualifiedToolList(view: PrincipalView): Buffer {
  return remembered(qualifiedLists, view, () => {
    const definitions = view.definitions('tools');
    const tools = view.tools.map((route, index) => withInfo(definitions[index] ?? route.tool.json, route));
    return `{"tools":[${tools.join(',')}]}`;
  });
}

/** LiteLLM's later shape: the upstreams' own names, and what became of the listing beside the tools. */
export function plainToolList(view: PrincipalView): Buffer {
  return remembered(plainLists, view, () => {
    const tools = view.tools.map((route) => withInfo(route.tool.json, route));
    return `{"tools":[${tools.join(',')}],"error":null,"message":"Successfully retrieved tools"}`;
  });
}

function remembered(lists: WeakMap<PrincipalView, Buffer>, view: PrincipalView, make: () => string): Buffer {
  const known = lists.get(view);
  if (known !== undefined) return known;
  const list = Buffer.from(make());
  lists.set(view, list);
  return list;
}

function withInfo(definitionJson: string, { upstream, tool }: ToolRoute): string {
  const { info, name, id, description } = upstream.config;
  const mcpInfo = {
    ...info,
    ...(description === null ? {} : { description }),
    server_name: name,
    server_id: id,
    tool_name: tool.name,
  };
  return withMember(definitionJson, 'mcp_info', JSON.stringify(mcpInfo));
}
