import type { GatewayConfig } from '../config/gateway-config.js';
import { diffUpstreams } from '../config/diff-upstreams.js';
import { settingsNeedingRestart } from '../config/reload/takes-effect.js';
import { sameContent } from '../config/same-content.js';

export interface Plan {
  /** Lines for a person; names of upstreams and settings, never values. */
  readonly lines: readonly string[];
  readonly hasChanges: boolean;
}

/** What a running gateway with `current` would do on being given `next`. */
export function planOf(current: GatewayConfig, next: GatewayConfig): Plan {
  const { added, removed, changed, unchanged } = diffUpstreams(current.upstreams, next.upstreams);
  const lines = [
    ...added.map(({ name }) => `+ ${name}: added`),
    ...removed.map(({ name }) => `- ${name}: removed`),
    ...changed.map(
      ({ next: { name }, settings, needsReconnect }) =>
        `~ ${name}: ${needsReconnect ? 'reconnected' : 'changed without reconnecting'} (${settings.join(', ')})`,
    ),
  ];
  if (!sameContent(current.models, next.models)) lines.push('~ models');
  if (!sameContent(current.modelFallbacks, next.modelFallbacks)) lines.push('~ fallbacks of models');
  lines.push(...settingsNeedingRestart(current, next).map((name) => `~ ${name}: at the next start`));
  const hasChanges = lines.length > 0;
  const summary = `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged.length} unchanged`;
  return {
    lines: [...lines, hasChanges ? `Upstreams: ${summary}.` : `Nothing changes (${summary}).`],
    hasChanges,
  };
}
