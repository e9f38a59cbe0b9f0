/** Something stored changed; told to every replica so that what was compiled from it is thrown away. */
export interface Change {
  readonly kind:
    | 'key'
    | 'user'
    | 'team'
    | 'organization'
    | 'membership'
    | 'server'
    | 'tool_pins'
    | 'toolset'
    | 'everything';
  /** Id of what changed, of the server for `tool_pins`; empty for `everything` (after a lost connection nothing that was missed is known). */
  readonly id: string;
}
