import type { PrincipalView } from '../gateway/principal-view.js';

/** A client that wants to hear of changes: a legacy session with a stream, or a subscription of the stateless era. */
export interface Listener {
  readonly isListening: boolean;
  /** The view whose lists the client knows; null before it asked for any. */
  knownView: PrincipalView | null;
  /** What it may use now; null where its scope leads nowhere any more. */
  viewOrNull(): PrincipalView | null;
  notify(method: string, paramsJson: string): void;
}
