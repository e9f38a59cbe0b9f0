import type { LookupFunction } from 'node:net';

/** Which addresses may be connected to. */
export interface AddressGate {
  /** Why the host of a URL is refused, when it is an address itself, which is never looked up; null: it is not. */
  refusalOf(host: string): Error | null;
  /** Resolves a name to those of its addresses that may be connected to; fails when there is none. */
  readonly lookup: LookupFunction;
}
