import type { Principal } from '../../core/principal.js';
import { matchesWildcard } from '../../core/wildcard.js';

/** LiteLLM's word for every model, in a `models` list. */
const everyModel = new Set(['*', 'all-proxy-models']);

function isOnList(list: readonly string[], model: string, groups: readonly string[]): boolean {
  return list.some(
    (entry) => everyModel.has(entry) || groups.includes(entry) || matchesWildcard(entry, model),
  );
}

/**
 * Whether a principal may use a model: its name must be on the list of every level that has one.
 * @param groups access groups of the model, any of which may stand in its name's place
 */
export function mayUseModel(principal: Principal, model: string, groups: readonly string[] = []): boolean {
  return principal.modelAllowLists.every((list) => isOnList(list, model, groups));
}

/**
 * The names a principal may use of what one configured name offers. A name with wildcards is shown as it is to who may
 * use all of it; to others as the names on their lists that it matches.
 */
export function visibleNames(
  principal: Principal,
  configured: string,
  groups: readonly string[] = [],
): readonly string[] {
  if (mayUseModel(principal, configured, groups)) return [configured];
  if (!configured.includes('*')) return [];
  return principal.modelAllowLists
    .flat()
    .filter(
      (name) =>
        !name.includes('*') && matchesWildcard(configured, name) && mayUseModel(principal, name, groups),
    );
}
