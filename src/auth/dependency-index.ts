import type { Change } from '../core/change.js';

/** What a principal is made of: when one of these changes, it must be read again. */
export interface Dependencies {
  readonly keyId: string;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
}

/** Finds what depends on a stored thing without looking at everything. */
export class DependencyIndex<T> {
  readonly #dependents = new Map<string, Set<T>>();

  add(item: T, on: Dependencies): void {
    for (const name of namesOf(on)) {
      const items = this.#dependents.get(name);
      if (items === undefined) this.#dependents.set(name, new Set([item]));
      else items.add(item);
    }
  }

  remove(item: T, on: Dependencies): void {
    for (const name of namesOf(on)) {
      const items = this.#dependents.get(name);
      if (items?.delete(item) === true && items.size === 0) this.#dependents.delete(name);
    }
  }

  /** A copy: items may be removed while it is walked. */
  of(kind: Change['kind'], id: string): readonly T[] {
    return [...(this.#dependents.get(`${kind}:${id}`) ?? [])];
  }
}

function namesOf(on: Dependencies): string[] {
  const names = [`key:${on.keyId}`];
  if (on.userId !== null) names.push(`user:${on.userId}`);
  if (on.teamId !== null) names.push(`team:${on.teamId}`);
  if (on.organizationId !== null) names.push(`organization:${on.organizationId}`);
  return names;
}
