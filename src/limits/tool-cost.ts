/**
 * US dollars that one call of a tool costs, by LiteLLM's `mcp_info.mcp_server_cost_info`:
 * `{ default_cost_per_query, tool_name_to_cost_per_query: { tool: dollars } }`. 0 when nothing sensible is said.
 *
 * @param info the upstream's `mcp_info`
 * @param tool the upstream's own name of the tool
 */
export function toolCost(info: Readonly<Record<string, unknown>>, tool: string): number {
  const costs = memberOf(info, 'mcp_server_cost_info');
  const own = memberOf(memberOf(costs, 'tool_name_to_cost_per_query'), tool);
  return dollars(own) ?? dollars(memberOf(costs, 'default_cost_per_query')) ?? 0;
}

/** Own members only: a tool may be called `constructor`. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function dollars(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
