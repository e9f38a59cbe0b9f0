import { version } from './core/version.js';

/** What a start says. */
export interface StartFacts {
  readonly address: string;
  readonly database: string;
  /** False while the database is not there: the gateway listens, and serves what needs none. */
  readonly isReady: boolean;
  readonly configuration: string;
  readonly upstreams: readonly { readonly name: string; readonly state: string; readonly tools: number }[];
  /** Only when it was made just now. */
  readonly masterKey: string | null;
}

/** For a log: one JSON line. */
export function bannerLine({ isReady, ...facts }: StartFacts, now: Date): string {
  return JSON.stringify({
    level: 'info',
    time: now.toISOString(),
    ...facts,
    curl: curlOf(facts),
    msg: isReady ? `Toolgate ${version} is ready` : `Toolgate ${version} listens and waits for its database`,
  });
}

/** For a person at a terminal. */
export function bannerText(facts: StartFacts): string {
  const width = Math.max(0, ...facts.upstreams.map(({ name }) => name.length));
  const upstreams = facts.upstreams.map(({ name, state, tools }) => [
    '',
    `  ${name.padEnd(width)}  ${state}, ${tools} ${tools === 1 ? 'tool' : 'tools'}`,
  ]);
  const rows = [
    ['Address', facts.address],
    ['Database', facts.database],
    ['Configuration', facts.configuration],
    ['Upstreams', facts.upstreams.length === 0 ? 'none' : ''],
    ...upstreams,
  ];
  return [
    '',
    `Toolgate ${version} ${facts.isReady ? 'is ready' : 'listens and waits for its database'}`,
    '',
    ...rows.map(([label = '', value]) => `  ${label.padEnd(15)}${value}`.trimEnd()),
    ...(facts.masterKey === null ? [] : ['', keyText(facts.masterKey)]),
    '',
    'List the tools:',
    '',
    `  ${curlOf(facts)}`,
    '',
  ].join('\n');
}

/** The master key alone, where it is known later than the rest. */
export const keyText = (masterKey: string): string =>
  `Master key, made now and never shown again: ${masterKey}`;

export const keyLine = (masterKey: string, now: Date): string =>
  JSON.stringify({ level: 'info', time: now.toISOString(), masterKey, msg: 'master key, shown once' });

function curlOf({ address, masterKey }: Pick<StartFacts, 'address' | 'masterKey'>): string {
  return `curl ${address}/mcp/tools/list -H "Authorization: Bearer ${masterKey ?? '$TOOLGATE_MASTER_KEY'}"`;
}
