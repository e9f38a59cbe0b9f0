import type { LevelFields, LevelState } from './level.js';

export interface TeamFields extends LevelFields {
  readonly alias: string | null;
  readonly organizationId: string | null;
}

export interface Team extends TeamFields, LevelState {
  readonly id: string;
}
