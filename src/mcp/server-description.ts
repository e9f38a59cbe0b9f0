import { version } from '../core/version.js';
import type { PrincipalView } from '../gateway/principal-view.js';

export const serverInfo = { name: 'toolgate', title: 'Toolgate', version } as const;

/** The gateway can carry all of these; a list is empty where no visible upstream has any. */
export const serverCapabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
} as const;

/** The visible upstreams' instructions, each under its name; null when none has any. */
export function instructionsOf(view: PrincipalView): string | null {
  const sections = view.wholeUpstreams.flatMap(({ upstream, catalog }) =>
    catalog.instructions === null ? [] : [`# ${upstream.config.name}\n\n${catalog.instructions}`],
  );
  return sections.length === 0 ? null : sections.join('\n\n');
}
