import {
  keptPerTool,
  keptPerUpstream,
  newestOf,
  type FingerprintStore,
  type Observation,
  type SeenTool,
  type ToolVersion,
  type ToolVersionKey,
} from './fingerprint-store.js';

interface Row extends ToolVersion {
  readonly upstream: string;
  readonly definition: string;
}

/** Fingerprints kept as long as the process lives. */
export class MemoryFingerprintStore implements FingerprintStore {
  #rows: readonly Row[] = [];
  #now = 0;

  versions(upstream: string): Promise<readonly ToolVersion[]> {
    return Promise.resolve(this.#of(upstream));
  }

  approved(upstream: string): Promise<readonly ToolVersionKey[]> {
    return Promise.resolve(this.#of(upstream).filter(({ isApproved }) => isApproved));
  }

  async observe(upstream: string, seen: readonly SeenTool[], isPinned: boolean): Promise<Observation> {
    const before = this.#of(upstream);
    const isFirst = before.length === 0;
    const newest = newestOf(before);
    const added = seen
      .filter((it) => !before.some((row) => isSame(row, it)))
      .map(({ tool, sha256 }) => ({ tool, sha256, previousSha256: newest.get(tool)?.sha256 ?? null }));
    this.#put(upstream, seen, isFirst || !isPinned);
    const others = this.#rows.filter((row) => row.upstream !== upstream);
    const own = this.#of(upstream).map((row) =>
      !isPinned && isSuperseded(row, seen) ? { ...row, isApproved: false } : row,
    );
    this.#rows = [...others, ...pruned(own, seen, isPinned)];
    const approved = isPinned ? await this.approved(upstream) : null;
    return { isFirst, added, approved };
  }

  approve(upstream: string, tools: readonly SeenTool[]): Promise<void> {
    this.#put(upstream, tools, true);
    return Promise.resolve();
  }

  definitions(upstream: string, fingerprints: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = new Set(fingerprints);
    const rows = this.#of(upstream).filter(({ sha256 }) => wanted.has(sha256));
    return Promise.resolve(new Map(rows.map(({ sha256, definition }) => [sha256, definition])));
  }

  forget(upstream: string): Promise<void> {
    this.#rows = this.#rows.filter((row) => row.upstream !== upstream);
    return Promise.resolve();
  }

  #of(upstream: string): readonly Row[] {
    return this.#rows.filter((row) => row.upstream === upstream);
  }

  #put(upstream: string, tools: readonly SeenTool[], isApproved: boolean): void {
    const at = new Date(Math.max(Date.now(), ++this.#now));
    this.#now = at.getTime();
    const known = this.#of(upstream);
    const next = tools.map((tool): Row => {
      const old = known.find((row) => isSame(row, tool));
      return {
        ...tool,
        upstream,
        isApproved: isApproved || (old?.isApproved ?? false),
        firstSeenAt: old?.firstSeenAt ?? at,
        lastSeenAt: at,
      };
    });
    const rest = this.#rows.filter(
      (row) => row.upstream !== upstream || !tools.some((it) => isSame(row, it)),
    );
    this.#rows = [...rest, ...next];
  }
}

const isSame = (a: Pick<Row, 'tool' | 'sha256'>, b: Pick<Row, 'tool' | 'sha256'>): boolean =>
  a.tool === b.tool && a.sha256 === b.sha256;

const isSuperseded = (row: Row, seen: readonly SeenTool[]): boolean =>
  seen.some((it) => it.tool === row.tool) && !seen.some((it) => isSame(row, it));

function pruned(rows: readonly Row[], seen: readonly SeenTool[], isPinned: boolean): readonly Row[] {
  const newestFirst = [...rows].sort((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime());
  const old = newestFirst.filter(
    (row) => !seen.some((it) => isSame(row, it)) && !(isPinned && row.isApproved),
  );
  const dropped = old.filter(
    (row, at) =>
      at >= keptPerUpstream || old.slice(0, at).filter(({ tool }) => tool === row.tool).length >= keptPerTool,
  );
  return rows.filter((row) => !dropped.includes(row));
}
