import { GatewayError } from '../core/errors.js';
import { isPermitted, type Permission } from './permission-table.js';
import { relationsOf, type Caller, type Subject } from './relation.js';

/** Cause of a NOT_FOUND whose subject exists: the audit trail knows the difference, the caller does not. */
export const foreignSubject = Symbol('foreign subject');

/** A subject that was looked for, and how it is called when it is not found. */
export interface Wanted {
  /** null: there is none. */
  readonly subject: Subject | null;
  /** e.g. `Key`. */
  readonly noun: string;
  /** The field it was named in. */
  readonly param: string;
}

/** Whether a caller may do this to a subject. */
export function may(caller: Caller, permission: Permission, subject: Subject): boolean {
  return isPermitted(permission, caller.principal.role, relationsOf(caller, subject));
}

/**
 * Throws NOT_FOUND when there is no such subject or the caller may not even read it, alike; FORBIDDEN when the caller
 * may read it, but not do this.
 */
export function requireOn(caller: Caller, permission: Permission, toRead: Permission, wanted: Wanted): void {
  const { subject } = wanted;
  if (subject === null) throw notFound(wanted);
  if (may(caller, permission, subject)) return;
  if (!may(caller, toRead, subject)) throw notFound(wanted, foreignSubject);
  throw forbidden(permission);
}

export const notFound = ({ noun, param }: Omit<Wanted, 'subject'>, cause?: symbol): GatewayError =>
  new GatewayError('NOT_FOUND', { param, message: `${noun} not found.` }, { cause });

export const forbidden = (
  permission: Permission,
  reason = 'You may see this, but not do that to it',
): GatewayError => new GatewayError('FORBIDDEN', { message: `${reason} (${permission}).` });
