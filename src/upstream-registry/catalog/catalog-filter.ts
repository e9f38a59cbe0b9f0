import type { UpstreamCatalog } from '../../core/catalog.js';
import { qualifiedName } from '../../core/tool-name.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { compileWildcards } from '../../core/wildcard.js';

/**
 * The catalog as configured: `allowed_tools` narrows it, `disallowed_tools` beats that. Patterns match a tool's own name
 * or its qualified one.
 */
export function filterCatalog(
  catalog: UpstreamCatalog,
  config: UpstreamConfig,
  separator: string,
): UpstreamCatalog {
  if (config.allowedTools === null && config.disallowedTools.length === 0) return catalog;
  const isAllowed = compileWildcards(config.allowedTools ?? ['*']);
  const isDisallowed = compileWildcards(config.disallowedTools);
  const tools = catalog.tools.filter(({ name }) => {
    const qualified = qualifiedName(config.name, name, separator);
    return (isAllowed(name) || isAllowed(qualified)) && !isDisallowed(name) && !isDisallowed(qualified);
  });
  return { ...catalog, tools };
}
