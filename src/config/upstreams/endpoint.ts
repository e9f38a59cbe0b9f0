import { nearestName } from '../../core/nearest-name.js';
import { Secret } from '../../core/secret.js';
import type { TransportKind, UpstreamEndpoint } from '../../core/upstream.js';
import { checkStaticHeaders } from './headers.js';
import type { Findings } from '../problem-list.js';
import type { ServerSettings } from '../schema/server.schema.js';
import { pathText, type ConfigPath } from '../source/config-node.js';
import { readAuth } from './upstream-auth.js';

const transports: readonly TransportKind[] = ['http', 'sse', 'stdio'];

/** What others call the transports, for the hint. */
const otherTransportNames: Readonly<Record<string, TransportKind>> = {
  'streamable-http': 'http',
  streamable_http: 'http',
  streamablehttp: 'http',
  https: 'http',
  'http+sse': 'sse',
};

/** Where a server is and how to reach it; null when that cannot be made out, which was told to `findings`. */
export function buildEndpoint(
  server: ConfigPath,
  settings: ServerSettings,
  findings: Findings,
): UpstreamEndpoint | null {
  const name = String(server.at(-1));
  const { command, url } = settings;
  const transport = readTransport(server, settings, findings);
  if (transport === 'unknown') return null;
  if (findings.has([...server, 'spec_path'])) {
    findings.faultAtKey(
      [...server, 'spec_path'],
      'OpenAPI documents (spec_path) are not supported; name an MCP server',
    );
    return null;
  }
  if (command !== undefined && url !== undefined) {
    findings.faultAtKey([...server, 'url'], `${name} has both a url and a command; a server has one of them`);
    return null;
  }
  if (transport === 'stdio' || (transport === null && command !== undefined)) {
    if (command !== undefined) return stdioEndpoint(server, settings, command, findings);
    if (!findings.wasRefused([...server, 'command'])) {
      findings.faultAtKey(server, `${name} has transport stdio and needs a command`);
    }
    return null;
  }
  if (url !== undefined) return remoteEndpoint(server, settings, { url, transport }, findings);
  if (command !== undefined) {
    findings.faultAtKey(
      [...server, 'command'],
      `${name} has transport ${transport ?? ''}, which takes a url, not a command`,
    );
  } else if (!findings.wasRefused([...server, 'url']) && !findings.wasRefused([...server, 'command'])) {
    findings.faultAtKey(server, `${name} needs a url or a command`);
  }
  return null;
}

function readTransport(
  server: ConfigPath,
  { transport }: ServerSettings,
  findings: Findings,
): TransportKind | null | 'unknown' {
  if (transport === undefined) return null;
  const known = transports.find((kind) => kind === transport);
  if (known !== undefined) return known;
  const path = [...server, 'transport'];
  const shown = findings.showable(path);
  const meant = otherTransportNames[transport] ?? nearestName(transport, transports);
  const hint = meant === null || shown === null ? '' : `; did you mean "${meant}"?`;
  findings.fault(
    path,
    `unknown transport${shown === null ? '' : ` "${shown}"`}: use http, sse or stdio${hint}`,
  );
  return 'unknown';
}

function stdioEndpoint(
  server: ConfigPath,
  settings: ServerSettings,
  command: string,
  findings: Findings,
): UpstreamEndpoint {
  for (const key of [
    'auth_type',
    'auth_value',
    'authentication_token',
    'static_headers',
    'extra_headers',
  ] as const) {
    if (settings[key] === undefined || settings[key] === 'none') continue;
    findings.warn([...server, key], `${key} has no effect on a stdio server; give it variables with env`);
  }
  if (settings.args === undefined && /\s/.test(command) && !/[\\/]/.test(command)) {
    findings.warn([...server, 'command'], 'there is no shell: put the arguments of the command into args');
  }
  for (const [key, value] of [
    ['command', command],
    ['cwd', settings.cwd ?? ''],
  ] as const) {
    if (value.includes('\0')) findings.fault([...server, key], `${key} holds a NUL character`);
  }
  settings.args?.forEach((arg, index) => {
    if (arg.includes('\0')) findings.fault([...server, 'args', index], 'an argument holds a NUL character');
  });
  const env: Record<string, Secret> = {};
  for (const [variable, value] of Object.entries(settings.env ?? {})) {
    const path = [...server, 'env', variable];
    if (!/^[^=\0]+$/.test(variable))
      findings.faultAtKey(path, `${pathText(path)} is not a name that an environment variable can have`);
    else if (value?.includes('\0') === true)
      findings.fault(path, `the value of ${variable} holds a NUL character`);
    else if (value !== null) env[variable] = new Secret(value);
  }
  return { kind: 'stdio', command, args: settings.args ?? [], env, cwd: settings.cwd ?? null };
}

function remoteEndpoint(
  server: ConfigPath,
  settings: ServerSettings,
  { url: address, transport }: { url: string; transport: 'http' | 'sse' | null },
  findings: Findings,
): UpstreamEndpoint | null {
  for (const key of ['args', 'env', 'cwd'] as const) {
    if (settings[key] !== undefined)
      findings.warn([...server, key], `${key} has no effect on a server with a url`);
  }
  const url = readUrl([...server, 'url'], address, findings);
  const auth = readAuth(server, settings, findings);
  const staticHeaders = checkStaticHeaders(server, settings.static_headers ?? {}, findings);
  return url === null || auth === null ? null : { kind: 'remote', url, transport, auth, staticHeaders };
}

/** null and a fault for what is no http(s) URL. The URL never stands in the message: its path or query may be secret. */
function readUrl(path: ConfigPath, address: string, findings: Findings): URL | null {
  if (!URL.canParse(address)) {
    findings.fault(path, 'url is not a URL; it must look like https://host/path');
    return null;
  }
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    findings.fault(path, 'url must begin with http:// or https://');
  } else if (url.username !== '' || url.password !== '') {
    findings.fault(
      path,
      'url must not hold user:password@; use auth_type: basic with auth_value: user:password',
    );
  } else {
    return url;
  }
  return null;
}
