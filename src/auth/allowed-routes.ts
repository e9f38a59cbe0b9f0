import { matchMcpPath } from '../core/mcp-path.js';
import type { Principal } from '../core/principal.js';

/** What `key_type` means, in LiteLLM's names of route groups; null = every route the role may call. */
export const routesOfKeyType = {
  default: null,
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
} as const satisfies Record<string, readonly string[] | null>;

export type KeyType = keyof typeof routesOfKeyType;
export const keyTypes = Object.keys(routesOfKeyType) as KeyType[];

const models = /^(?:\/v1)?\/models(?:\/.*)?$/;
const completions =
  /^(?:(?:\/v1)?(?:\/engines\/[^/]+)?|\/openai\/deployments\/[^/]+)\/(?:(?:chat\/)?completions|embeddings|responses)$/;
const management =
  /^\/(?:key|team|user|organization)(?:\/.*)?$|^\/v1\/(?:mcp\/(?:server|tools|toolset|access_groups|explain)|audit|usage)(?:\/.*)?$|^\/metrics$/;

const isMcp = (path: string): boolean =>
  matchMcpPath(path) !== null || path.startsWith('/mcp/') || path.startsWith('/mcp-rest/');
const isOpenAi = (path: string): boolean => models.test(path) || completions.test(path);

/** The groups `allowed_routes` may name, each a question about a request. */
const routeGroups = {
  /** Tools and models: all a client needs, nothing an administrator needs. */
  llm_api_routes: (_method: string, path: string) => isMcp(path) || isOpenAi(path),
  mcp_routes: (_method: string, path: string) => isMcp(path),
  openai_routes: (_method: string, path: string) => isOpenAi(path),
  management_routes: (_method: string, path: string) => management.test(path),
  /** Reading what there is, changing and calling nothing. */
  info_routes: (method: string, path: string) =>
    (method === 'GET' || method === 'HEAD') && (management.test(path) || models.test(path)),
} satisfies Record<string, (method: string, path: string) => boolean>;

export type RouteGroup = keyof typeof routeGroups;
export const routeGroupNames = Object.keys(routeGroups) as RouteGroup[];

/** A group, or a path; a path ending in `*` covers everything that begins like it. */
export const isRoutePattern = (text: string): boolean =>
  Object.hasOwn(routeGroups, text) || /^\/[A-Za-z0-9_.~/{}-]*\*?$/.test(text);

/**
 * Whether a key may call a route at all, whatever its role. `path` is without query, as the client sent it.
 * Paths are compared as Express routes them: without regard to case and to one slash at the end.
 */
export function mayCallRoute(principal: Principal, method: string, path: string): boolean {
  const { allowedRoutes } = principal;
  if (allowedRoutes === null) return true;
  const asRouted = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const folded = asRouted.toLowerCase();
  return allowedRoutes.some((pattern) => covers(pattern, method, folded));
}

function covers(pattern: string, method: string, path: string): boolean {
  if (Object.hasOwn(routeGroups, pattern)) return routeGroups[pattern as RouteGroup](method, path);
  const folded = pattern.toLowerCase();
  return folded.endsWith('*') ? path.startsWith(folded.slice(0, -1)) : path === folded;
}

const widerGroups: Readonly<Partial<Record<string, RouteGroup>>> = {
  mcp_routes: 'llm_api_routes',
  openai_routes: 'llm_api_routes',
};

/** Whether everything `inner` lets through, `outer` lets through too. Errs on the side of no. */
export function routesWithin(inner: readonly string[] | null, outer: readonly string[] | null): boolean {
  if (outer === null) return true;
  if (inner === null) return false;
  return inner.every((pattern) => outer.some((other) => patternWithin(pattern, other)));
}

function patternWithin(inner: string, outer: string): boolean {
  if (inner === outer || widerGroups[inner] === outer) return true;
  if (Object.hasOwn(routeGroups, inner)) return false;
  if (Object.hasOwn(routeGroups, outer)) {
    return !inner.endsWith('*') && covers(outer, 'GET', inner) && covers(outer, 'POST', inner);
  }
  return outer.endsWith('*') && inner.toLowerCase().startsWith(outer.slice(0, -1).toLowerCase());
}
