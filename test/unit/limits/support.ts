import type { LimitLevel, LimitSettings } from '../../../src/core/limits.js';
import type { Principal } from '../../../src/core/principal.js';
import type { CounterKey } from '../../../src/limits/lasting-counter.js';
import type { CounterIncrement, CounterStore } from '../../../src/limits/lasting-counters.js';

let made = 0;

export function level(limits: LimitSettings, kind: LimitLevel['kind'] = 'key', id?: string): LimitLevel {
  made += 1;
  const known = id ?? `${kind}-${made}`;
  return { kind, id: known, label: `${kind} ${known}`, limits };
}

export function principal(...limits: LimitLevel[]): Principal {
  return {
    kind: 'virtual_key',
    keyId: 'k1',
    keyAlias: null,
    userId: null,
    teamId: null,
    organizationId: null,
    role: 'internal_user',
    expiresAtMs: null,
    policy: { fingerprint: '', levels: [], defaultAccess: 'all', unrestricted: false },
    limits,
    modelAllowLists: [],
    allowedRoutes: null,
  };
}

/** Counters that outlive a limiter but not the test; replicas share one. Can be away. */
export class CountersInMemory implements CounterStore {
  readonly #used = new Map<string, number>();
  isAway = false;
  reads = 0;
  writes = 0;

  async add(rows: readonly CounterIncrement[]): Promise<number[]> {
    await this.#reach();
    this.writes += 1;
    for (const row of rows) this.#used.set(nameOf(row), (this.#used.get(nameOf(row)) ?? 0) + row.amount);
    return rows.map((row) => this.#used.get(nameOf(row)) ?? 0);
  }

  async read(keys: readonly CounterKey[]): Promise<number[]> {
    await this.#reach();
    this.reads += 1;
    return keys.map((key) => this.#used.get(nameOf(key)) ?? 0);
  }

  removeExpired(): Promise<void> {
    return this.#reach();
  }

  async #reach(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isAway) throw new Error('the database is away');
  }
}

function nameOf({ subjectKind, subjectId, limit, windowStart }: CounterKey): string {
  return [subjectKind, subjectId, limit, windowStart.toISOString()].join(' ');
}
