import type { HiddenCharacters } from '../../core/hidden-characters.js';

/** A definition that an upstream did not have when it was looked at before. */
export interface ToolChange {
  /** The upstream's own name of the tool. */
  readonly tool: string;
  /** `new`: there was no tool of this name; `changed`: there was, with another definition. */
  readonly kind: 'new' | 'changed';
  readonly sha256: string;
  /** Of the definition before it; null for a new tool. */
  readonly previousSha256: string | null;
  /** The upstream is pinned: nobody sees the tool before it is approved. */
  readonly isWithheld: boolean;
  readonly hidden: readonly HiddenCharacters[];
}
