import { Secret } from '../../core/secret.js';
import type { Findings } from '../problem-list.js';
import { pathText, type ConfigPath } from '../source/config-node.js';

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 5.5: visible characters, spaces and tabs; above ASCII only what latin-1 has. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Belong to the connection or to MCP itself (RFC 9110 section 7.6.1; MCP transports); setting them breaks either. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** `extra_headers`: lower case, each once, without those the gateway sets itself. */
export function checkHeaderNames(
  server: ConfigPath,
  names: readonly string[],
  findings: Findings,
): readonly string[] {
  const accepted = new Set<string>();
  names.forEach((name, index) => {
    const path = [...server, 'extra_headers', index];
    if (isUsableName(name, path, findings)) accepted.add(name.toLowerCase());
  });
  return [...accepted];
}

/** `static_headers`; values are treated as secrets. */
export function checkStaticHeaders(
  server: ConfigPath,
  headers: Readonly<Record<string, string | null>>,
  findings: Findings,
): Readonly<Record<string, Secret>> {
  const accepted: Record<string, Secret> = {};
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const path = [...server, 'static_headers', name];
    if (value === null || !isUsableName(name, path, findings)) continue;
    if (!isHeaderValue(value)) {
      findings.fault(
        path,
        `the value of header ${name} holds a line break or another character that headers cannot have`,
      );
    } else if (seen.has(name.toLowerCase())) {
      findings.faultAtKey(path, `duplicate header "${name}"; header names count without regard to case`);
    } else {
      seen.add(name.toLowerCase());
      accepted[name] = new Secret(value);
    }
  }
  return accepted;
}

export function isHeaderValue(value: string): boolean {
  return fieldValue.test(value);
}

function isUsableName(name: string, path: ConfigPath, findings: Findings): boolean {
  if (!token.test(name)) {
    const problem = 'is not the name of a header; spaces, colons and line breaks cannot be in one';
    if (path.at(-2) === 'static_headers') findings.faultAtKey(path, `${JSON.stringify(name)} ${problem}`);
    else findings.fault(path, `${pathText(path)} ${problem}`);
    return false;
  }
  if (ownHeaders.has(name.toLowerCase())) {
    findings.warn(path, `header ${name} is set by the gateway itself and left out here`);
    return false;
  }
  return true;
}
