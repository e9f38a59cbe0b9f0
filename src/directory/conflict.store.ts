import { GatewayError } from '../core/errors.js';
import { Prisma } from '../database/generated/client.js';

/** Unique column to the request field that a client would have to change. */
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
    const param = uniqueFields(error)
      .map((field) => columns[field])
      .find((name) => name !== undefined);
    const message = param === undefined ? takenMessage : `${param} is taken: choose another one.`;
    throw new GatewayError('CONFLICT', param === undefined ? { message } : { param, message }, {
      cause: error,
    });
  }
}

const takenMessage = 'There is one of this name already.';
const goneMessage = 'Something that this refers to was removed in the meantime.';

/** Columns of the violated constraint, as the driver adapters report them. */
function uniqueFields(error: Prisma.PrismaClientKnownRequestError): readonly string[] {
  const meta = error.meta as
    { driverAdapterError?: { cause?: { constraint?: { fields?: readonly string[] } } } } | undefined;
  return meta?.driverAdapterError?.cause?.constraint?.fields ?? [];
}
