import { GatewayError } from '../core/errors.js';
import { Prisma } from '../database/generated/client.js';

/**
 * Unique column to the request field that a client would have to change; a primary key by the name of its constraint
 * (`teams_pkey`) too.
 */
export type UniqueColumns = Readonly<Record<string, string>>;

/**
 * Runs a write. What the database refuses because something of the kind is there already, or because something it
 * refers to has just been removed, becomes a CONFLICT that says so.
 */
export async function withConflicts<T>(columns: UniqueColumns, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError)) throw error;
    if (error.code === 'P2003')
      throw new GatewayError('CONFLICT', { message: goneMessage }, { cause: error });
    if (error.code !== 'P2002') throw error;
    const violated = violatedConstraint(error);
    const param = Object.entries(columns).find(([column]) => isViolated(column, violated))?.[1];
    const message = param === undefined ? takenMessage : `${param} is taken: choose another one.`;
    throw new GatewayError('CONFLICT', param === undefined ? { message } : { param, message }, {
      cause: error,
    });
  }
}

const takenMessage = 'There is one of this name already.';
const goneMessage = 'Something that this refers to was removed in the meantime.';

/** One driver adapter reports the columns of the constraint, the other its name (`users_user_email_normalized_key`). */
interface Constraint {
  readonly fields?: readonly string[];
  readonly index?: string;
}

function violatedConstraint(error: Prisma.PrismaClientKnownRequestError): Constraint {
  const meta = error.meta as { driverAdapterError?: { cause?: { constraint?: Constraint } } } | undefined;
  return meta?.driverAdapterError?.cause?.constraint ?? {};
}

const isViolated = (column: string, { fields = [], index = '' }: Constraint): boolean =>
  fields.includes(column) || index === column || index.endsWith(`_${column}_key`);
