import type { Role } from '../core/principal.js';
import type { LevelFields, LevelState } from './level.js';

export interface UserFields extends LevelFields {
  /** Unique, compared without regard to case. */
  readonly email: string | null;
  readonly alias: string | null;
  readonly role: Role;
}

export interface User extends UserFields, LevelState {
  readonly id: string;
}
