import type { UpstreamConfig } from '../core/upstream.js';
import { sameContent } from './same-content.js';

export interface ChangedUpstream {
  readonly previous: UpstreamConfig;
  readonly next: UpstreamConfig;
  /** Names of the settings that differ, e.g. `endpoint`, `allowedTools`; never their values. */
  readonly settings: readonly (keyof UpstreamConfig)[];
  /** false: its connection can stay, only what is made of it changes. */
  readonly needsReconnect: boolean;
}

export interface UpstreamDiff {
  readonly added: readonly UpstreamConfig[];
  readonly removed: readonly UpstreamConfig[];
  readonly changed: readonly ChangedUpstream[];
  readonly unchanged: readonly UpstreamConfig[];
}

/** What a connection is made of; the other settings are read at each call. */
const connectionSettings: ReadonlySet<keyof UpstreamConfig> = new Set(['endpoint', 'source']);

/** What happened to the upstreams between two configurations, by name. */
export function diffUpstreams(
  previous: readonly UpstreamConfig[],
  next: readonly UpstreamConfig[],
): UpstreamDiff {
  const before = new Map(previous.map((upstream) => [upstream.name, upstream]));
  const after = new Set(next.map(({ name }) => name));
  const added: UpstreamConfig[] = [];
  const changed: ChangedUpstream[] = [];
  const unchanged: UpstreamConfig[] = [];
  for (const upstream of next) {
    const was = before.get(upstream.name);
    if (was === undefined) {
      added.push(upstream);
      continue;
    }
    const settings = differences(was, upstream);
    if (settings.length === 0) unchanged.push(upstream);
    else {
      const needsReconnect = settings.some((setting) => connectionSettings.has(setting));
      changed.push({ previous: was, next: upstream, settings, needsReconnect });
    }
  }
  return { added, removed: previous.filter(({ name }) => !after.has(name)), changed, unchanged };
}

function differences(previous: UpstreamConfig, next: UpstreamConfig): readonly (keyof UpstreamConfig)[] {
  const settings = Object.keys({ ...previous, ...next }) as (keyof UpstreamConfig)[];
  return settings.filter((setting) => !sameContent(previous[setting], next[setting]));
}
