import { describe, expect, it } from '@jest/globals';

import {
  isRoutePattern,
  mayCallRoute,
  routesOfKeyType,
  routesWithin,
} from '../../../src/auth/allowed-routes.js';
import { masterPrincipal } from '../../../src/auth/master-principal.js';

const may = (allowedRoutes: readonly string[] | null, method: string, path: string): boolean =>
  mayCallRoute({ ...masterPrincipal('all'), allowedRoutes }, method, path);

/** Request, and whether a key of each type may make it: default, llm_api, management, read_only. */
const table: readonly (readonly [string, string, boolean, boolean, boolean, boolean])[] = [
  ['POST', '/mcp', true, true, false, false],
  ['POST', '/mcp/', true, true, false, false],
  ['GET', '/sse', true, true, false, false],
  ['POST', '/mcp/sse/messages', true, true, false, false],
  ['POST', '/github/mcp', true, true, false, false],
  ['POST', '/mcp/github', true, true, false, false],
  ['GET', '/github/sse', true, true, false, false],
  ['GET', '/mcp/tools/list', true, true, false, false],
  ['POST', '/mcp-rest/tools/call', true, true, false, false],
  ['POST', '/v1/chat/completions', true, true, false, false],
  ['POST', '/chat/completions', true, true, false, false],
  ['POST', '/v1/responses', true, true, false, false],
  ['POST', '/v1/embeddings', true, true, false, false],
  ['POST', '/v1/engines/gpt-4o/chat/completions', true, true, false, false],
  ['POST', '/openai/deployments/gpt-4o/chat/completions', true, true, false, false],
  ['GET', '/v1/models', true, true, false, true],
  ['GET', '/models', true, true, false, true],
  ['POST', '/key/generate', true, false, true, false],
  ['POST', '/KEY/generate/', true, false, true, false],
  ['GET', '/key/info', true, false, true, true],
  ['POST', '/key/sk-abc/regenerate', true, false, true, false],
  ['PATCH', '/organization/update', true, false, true, false],
  ['GET', '/team/list', true, false, true, true],
  ['GET', '/v1/mcp/server', true, false, true, true],
  ['POST', '/v1/mcp/server', true, false, true, false],
  ['GET', '/v1/mcp/explain', true, false, true, true],
  ['GET', '/v1/audit', true, false, true, true],
  ['GET', '/v1/usage', true, false, true, true],
  ['GET', '/metrics', true, false, true, true],
  ['GET', '/somewhere/else', true, false, false, false],
  ['GET', '/keyring', true, false, false, false],
];

describe('routes of a key', () => {
  it.each(table)('%s %s', (method, path, ...expected) => {
    const { llm_api, management, read_only } = routesOfKeyType;
    expect([null, llm_api, management, read_only].map((routes) => may(routes, method, path))).toEqual(
      expected,
    );
  });

  it('are paths, exactly or by how they begin', () => {
    expect(may(['/key/info'], 'GET', '/key/info')).toBe(true);
    expect(may(['/key/info'], 'GET', '/key/information')).toBe(false);
    expect(may(['/key/*'], 'POST', '/key/generate')).toBe(true);
    expect(may(['/key/*'], 'POST', '/keyring')).toBe(false);
    expect(may([], 'GET', '/key/info')).toBe(false);
    expect(may(['/v1/models', 'mcp_routes'], 'POST', '/mcp')).toBe(true);
  });

  it.each([
    [['/a'], null, true],
    [null, ['/a'], false],
    [['/a'], ['/a', '/b'], true],
    [['/a', '/c'], ['/a', '/b'], false],
    [['/key/info'], ['/key/*'], true],
    [['/key/*'], ['/key/*'], true],
    [['/k*'], ['/key/*'], false],
    [['/*'], ['llm_api_routes'], false],
    [['mcp_routes'], ['llm_api_routes'], true],
    [['llm_api_routes'], ['mcp_routes'], false],
    [['/v1/models'], ['llm_api_routes'], true],
    [['/key/info'], ['management_routes'], true],
    [['/key/info'], ['info_routes'], false],
    [[], ['/a'], true],
  ])('%j lie within %j: %s', (inner, outer, expected) => {
    expect(routesWithin(inner, outer)).toBe(expected);
  });

  it('are written as paths or groups', () => {
    expect(['/v1/models', '/key/*', 'llm_api_routes', '/'].filter(isRoutePattern)).toHaveLength(4);
    expect(['v1/models', 'everything', '/a b', '/*/b', '', 'constructor'].filter(isRoutePattern)).toEqual([]);
  });
});
