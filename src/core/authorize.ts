import { DeniedTools } from './denied-tools.js';
import { Grants } from './grants.js';
import type {
  AccessPolicy,
  AccessTarget,
  Decision,
  LevelDecision,
  PermissionLevel,
  PermissionUniverse,
} from './permission.js';

/**
 * Whether a policy allows a tool, or an upstream as a whole. What is allowed is the intersection of the levels; a denial
 * on any of them wins.
 *
 * `decidedBy` is the denial if there is one, else the outermost level that does not allow, else the innermost that
 * grants, else the default.
 */
export function authorize(
  policy: AccessPolicy,
  universe: PermissionUniverse,
  target: AccessTarget,
): Decision {
  if (policy.unrestricted) return { allowed: true, decidedBy: masterKey, levels: [] };
  const answers = compiledIn(policy, universe).map((level) => answerOf(level, target));
  const levels = answers.map(({ decision }) => decision);
  const decidedBy =
    levels.find(({ rule }) => rule === 'mcp_denied_tools') ??
    levels.find(({ allowed }) => !allowed) ??
    answers.findLast(({ grants }) => grants)?.decision ??
    defaults[policy.defaultAccess];
  return { allowed: decidedBy.allowed, decidedBy, levels };
}

/** Whether anything of an upstream may be seen: itself as a whole, or any of its `tools` (its own names). */
export function isUpstreamVisible(
  policy: AccessPolicy,
  universe: PermissionUniverse,
  upstream: string,
  tools: readonly string[],
): boolean {
  const isAllowed = (target: AccessTarget): boolean => authorize(policy, universe, target).allowed;
  return isAllowed({ upstream }) || tools.some((tool) => isAllowed({ upstream, tool }));
}

const masterKey: LevelDecision = { level: 'master_key', id: 'master_key', allowed: true, rule: 'master_key' };

const defaults: Readonly<Record<AccessPolicy['defaultAccess'], LevelDecision>> = {
  all: { level: 'default', id: 'mcp_default_access', allowed: true, rule: 'mcp_default_access_all' },
  none: { level: 'default', id: 'mcp_default_access', allowed: false, rule: 'mcp_default_access_none' },
};

interface CompiledLevel {
  readonly level: PermissionLevel;
  /** null: the level says nothing. */
  readonly rules: { readonly denied: DeniedTools; readonly grants: Grants } | null;
}

interface LevelAnswer {
  readonly decision: LevelDecision;
  /** The level names what was asked for; a level that says nothing allows without granting. */
  readonly grants: boolean;
}

function answerOf({ level, rules }: CompiledLevel, target: AccessTarget): LevelAnswer {
  const answer = (allowed: boolean, rule: string, grants = false): LevelAnswer => ({
    decision: { level: level.kind, id: level.id, allowed, rule },
    grants,
  });
  if (rules === null) return answer(true, 'no_permission_set');
  const { denied, grants } = rules;
  if (denied.denies(target)) return answer(false, 'mcp_denied_tools');
  if (!grants.restricts) return answer(true, 'no_restriction');
  const rule = grants.grantedBy(target.upstream, target.tool);
  return rule === null ? answer(false, grants.refusalOf(target.upstream)) : answer(true, rule, true);
}

/** Policies and universes are immutable, so what was compiled for a pair stays right as long as both live. */
const compiled = new WeakMap<
  AccessPolicy,
  { universe: PermissionUniverse; levels: readonly CompiledLevel[] }
>();

function compiledIn(policy: AccessPolicy, universe: PermissionUniverse): readonly CompiledLevel[] {
  const known = compiled.get(policy);
  if (known?.universe === universe) return known.levels;
  const levels = policy.levels.map((level) => ({ level, rules: compileLevel(level, universe) }));
  compiled.set(policy, { universe, levels });
  return levels;
}

function compileLevel({ permission }: PermissionLevel, universe: PermissionUniverse): CompiledLevel['rules'] {
  if (permission === null) return null;
  return {
    denied: new DeniedTools(permission.mcp_denied_tools ?? [], universe),
    grants: new Grants(permission, universe),
  };
}
