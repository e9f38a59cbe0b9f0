import { createHash } from 'node:crypto';

import { noMcpServers } from './permission.js';

/** OpenAI's and Anthropic's limit for the name of a function. */
const maxQualifiedLength = 64;

/** 40 bits: a chance of one in a million that two of a thousand cut names meet. */
const hashLength = 10;

const toolNameSyntax = /^[A-Za-z0-9_.-]{1,128}$/;

const upstreamNameSyntax = /^[A-Za-z0-9_.-]{1,64}$/;

/** First segments of the gateway's own paths, those next after `/mcp/`, and what a URL or a permission reads as its own. */
const reservedNames: ReadonlySet<string> = new Set([
  'v1',
  'mcp',
  'mcp-rest',
  'sse',
  'messages',
  'tools',
  'enabled',
  'servers',
  'key',
  'team',
  'user',
  'organization',
  'models',
  'chat',
  'completions',
  'embeddings',
  'responses',
  'health',
  'metrics',
  'docs',
  'openapi.json',
  '.well-known',
  '.',
  '..',
  noMcpServers,
]);

/**
 * The public name of a tool or prompt: `<upstream><separator><name>`, a pure function of its arguments. What is longer
 * than 64 characters is cut and ends in a hash of upstream and name.
 */
export function qualifiedName(upstream: string, name: string, separator: string): string {
  const whole = `${upstream}${separator}${name}`;
  if (whole.length <= maxQualifiedLength) return whole;
  const hash = createHash('sha256').update(`${upstream}\n${name}`).digest('hex').slice(0, hashLength);
  return `${whole.slice(0, maxQualifiedLength - hashLength - 1)}_${hash}`;
}

/** MCP 2025-11-25, tool names: 1 to 128 of `A-Z a-z 0-9 _ . -`. */
export function isValidToolName(name: unknown): name is string {
  return typeof name === 'string' && toolNameSyntax.test(name);
}

/**
 * Why an upstream cannot be called `name` (contract of the configuration file); null when it can. That no two names
 * are equal without regard to case is for those to see who have them all.
 */
export function upstreamNameProblem(name: string, separator: string): string | null {
  if (!upstreamNameSyntax.test(name)) return 'A server name is 1 to 64 of the characters A-Z a-z 0-9 _ . -';
  if (reservedNames.has(name.toLowerCase())) return `"${name}" is reserved; choose another server name.`;
  if (name.includes(separator)) {
    return `A server name must not contain "${separator}", which stands between server and tool in tool names.`;
  }
  // "a_" + "__" + "x" would be the tool name that "a" + "__" + "_x" is.
  if (`${name}${separator}`.indexOf(separator) < name.length) {
    return `A server name must not end in a part of "${separator}", which stands between server and tool in tool names.`;
  }
  return null;
}
