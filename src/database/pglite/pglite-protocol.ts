import type { IsolationLevel, MappedError, SqlQuery } from '@prisma/driver-adapter-utils';

/** What the program asks of the thread that runs PGlite. `transaction` is the number that `begin` answered. */
export type PgliteRequest =
  | { readonly op: 'open'; readonly dataDir: string | null; readonly template: Uint8Array | null }
  | { readonly op: 'query' | 'execute'; readonly query: SqlQuery; readonly transaction: number | null }
  | { readonly op: 'script'; readonly script: string }
  | { readonly op: 'begin'; readonly isolationLevel: IsolationLevel | undefined }
  | { readonly op: 'commit' | 'rollback'; readonly transaction: number }
  | { readonly op: 'close' };

export type PgliteReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly mapped: PgliteFault | null };

/** An error of the database as Prisma's driver adapters describe it; null for anything else that went wrong. */
export type PgliteFault = MappedError & { originalCode?: string; originalMessage?: string };

/** A way to PGlite: in this thread, or in its own. */
export interface PgliteChannel {
  ask(request: PgliteRequest): Promise<PgliteReply>;
  /** Settles when the other end is gone without having been told to close. */
  readonly lost: Promise<Error>;
  /** Ends the thread; what was asked and is not answered rejects. */
  end(): Promise<void>;
}
