import type { LevelFields, LevelState } from './level.js';

export interface OrganizationFields extends LevelFields {
  readonly alias: string;
}

export interface Organization extends OrganizationFields, LevelState {
  readonly id: string;
}
