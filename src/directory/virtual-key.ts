import type { LevelFields, LevelState } from './level.js';

/** What is chosen when a key is issued or updated. */
export interface VirtualKeyFields extends LevelFields {
  readonly alias: string | null;
  readonly type: string;
  /** Empty: every route its role may call. */
  readonly allowedRoutes: readonly string[];
  readonly userId: string | null;
  readonly teamId: string | null;
  /** Only of a key whose team is in no organization. */
  readonly organizationId: string | null;
  /** null: never. */
  readonly expiresAt: Date | null;
}

/** A virtual key as administrators see it: everything but the secret and its hash. */
export interface VirtualKey extends VirtualKeyFields, LevelState {
  /** Stable, public. */
  readonly id: string;
  /** `sk-...abcd`. */
  readonly name: string;
  /** The organization the key is under: its team's, else its own. */
  readonly effectiveOrganizationId: string | null;
}

/** Which keys a list may hold. Members that are set must all hold. */
export interface VirtualKeyFilter {
  readonly userId?: string | undefined;
  /** Beside those of `userId`: the keys of these teams, and those that user created. */
  readonly orOfTeams?: readonly string[] | undefined;
  readonly orCreatedByUser?: boolean | undefined;
  readonly teamId?: string | undefined;
  readonly organizationId?: string | undefined;
  readonly alias?: string | undefined;
  readonly id?: string | undefined;
  /** Only these are visible at all; undefined: every key. */
  readonly visibleTo?: Visibility | undefined;
}

/** A key is visible when one of these holds. */
export interface Visibility {
  readonly keyId: string;
  readonly userId: string | null;
  readonly teamIds: readonly string[];
  readonly organizationIds: readonly string[];
}

export interface Page {
  /** From 1 on. */
  readonly page: number;
  readonly size: number;
}

export interface KeyOrder {
  readonly by: 'createdAt' | 'updatedAt' | 'alias' | 'expiresAt' | 'spend' | 'maxBudget';
  readonly direction: 'asc' | 'desc';
}
