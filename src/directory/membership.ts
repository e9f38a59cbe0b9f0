export type MembershipRole = 'admin' | 'user';

export interface Membership {
  /** Team or organization. */
  readonly groupId: string;
  readonly userId: string;
  readonly role: MembershipRole;
}

/** All groups of one user, by id. */
export interface MembershipsOfUser {
  readonly teams: ReadonlyMap<string, MembershipRole>;
  readonly organizations: ReadonlyMap<string, MembershipRole>;
}

export const noMemberships: MembershipsOfUser = { teams: new Map(), organizations: new Map() };
