import type { Role } from '../core/principal.js';

/**
 * What ties a caller to what is asked for.
 * - `self`: the very key the caller came with
 * - `owner`: a key of the caller's user, or that user
 * - `team_member`, `team_admin`, `organization_member`, `organization_admin`: by membership of the caller's user
 * - `sole_organization_admin`: administers every organization the user in question is in, and there is one
 * - `any`: nothing; whatever it is
 */
export const relations = [
  'self',
  'owner',
  'team_member',
  'team_admin',
  'organization_member',
  'organization_admin',
  'sole_organization_admin',
  'any',
] as const;
export type Relation = (typeof relations)[number];

type Rule = Readonly<Record<Role, readonly Relation[]>>;

const no = [] as const;
const any = ['any'] as const;

/** Columns in the order of the roles: proxy_admin, proxy_admin_viewer, internal_user, internal_user_viewer. */
function row(
  proxyAdmin: readonly Relation[],
  proxyAdminViewer: readonly Relation[],
  internalUser: readonly Relation[],
  internalUserViewer: readonly Relation[],
): Rule {
  return {
    proxy_admin: proxyAdmin,
    proxy_admin_viewer: proxyAdminViewer,
    internal_user: internalUser,
    internal_user_viewer: internalUserViewer,
  };
}

const keyReaders = ['self', 'owner', 'team_admin', 'organization_admin'] as const;
const keyWriters = ['owner', 'team_admin', 'organization_admin'] as const;
const teamReaders = ['team_member', 'team_admin', 'organization_admin'] as const;
const organizationReaders = ['organization_member', 'organization_admin'] as const;

/**
 * The one table of who may do what (contract section 7, "Who may"): a role may do it when one of the relations of its
 * column holds. Tools, resources, prompts and models are further decided by object permissions and model lists.
 */
export const permissionTable = {
  'keys.read': row(any, any, keyReaders, keyReaders),
  'keys.issue': row(any, no, keyWriters, no),
  'keys.update': row(any, no, keyWriters, no),
  'keys.rotate': row(any, no, ['self', ...keyWriters], no),
  'keys.block': row(any, no, keyWriters, no),
  'keys.unblock': row(any, no, ['team_admin', 'organization_admin'], no),
  'keys.delete': row(any, no, ['self', ...keyWriters], no),

  'teams.read': row(any, any, teamReaders, teamReaders),
  'teams.create': row(any, no, ['organization_admin'], no),
  'teams.update': row(any, no, ['team_admin', 'organization_admin'], no),
  'teams.manage_members': row(any, no, ['team_admin', 'organization_admin'], no),
  'teams.block': row(any, no, ['organization_admin'], no),
  'teams.delete': row(any, no, ['organization_admin'], no),

  'users.read': row(any, any, ['owner', 'organization_admin'], ['owner', 'organization_admin']),
  'users.create': row(any, no, ['sole_organization_admin'], no),
  'users.update': row(any, no, ['owner', 'sole_organization_admin'], no),
  'users.delete': row(any, no, ['sole_organization_admin'], no),

  'organizations.read': row(any, any, organizationReaders, organizationReaders),
  'organizations.create': row(any, no, no, no),
  'organizations.update': row(any, no, ['organization_admin'], no),
  'organizations.manage_members': row(any, no, ['organization_admin'], no),
  'organizations.delete': row(any, no, no, no),

  // What a caller sees of these is what its object permissions let it use.
  'servers.read': row(any, any, any, any),
  'servers.review': row(any, any, no, no),
  'servers.write': row(any, no, no, no),
  'toolsets.read': row(any, any, any, any),
  'toolsets.write': row(any, no, no, no),
  'access_groups.read': row(any, any, any, any),
  'access.explain': row(any, any, keyReaders, keyReaders),

  'audit.read': row(any, any, keyReaders, keyReaders),
  'metrics.read': row(any, any, no, no),

  'tools.list': row(any, any, any, any),
  'tools.call': row(any, any, any, any),
  'resources.read': row(any, any, any, any),
  'prompts.get': row(any, any, any, any),
  'completions.get': row(any, any, any, any),
  'models.list': row(any, any, any, any),
  'models.call': row(any, any, any, any),
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof permissionTable;
export const permissionNames = Object.keys(permissionTable) as Permission[];

/** Whether a role with these relations to the subject may. */
export function isPermitted(permission: Permission, role: Role, held: ReadonlySet<Relation>): boolean {
  const needed: readonly Relation[] = permissionTable[permission][role];
  return needed.some((relation) => relation === 'any' || held.has(relation));
}

/** Whether there is anything at all that the role may do this to. */
export function isEverPermitted(permission: Permission, role: Role): boolean {
  return permissionTable[permission][role].length > 0;
}
