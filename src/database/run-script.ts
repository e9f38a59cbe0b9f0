import { DriverAdapterError } from '@prisma/driver-adapter-utils';

/** Runs a script as a driver adapter does: what Postgres says against it reaches the schema engine in its own words. */
export async function runScript(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const { code, severity, message, detail, column, hint } = error as Partial<Record<string, string>>;
    if (code === undefined) throw error;
    throw new DriverAdapterError({
      kind: 'postgres',
      code,
      severity: severity ?? 'ERROR',
      message: message ?? '',
      detail,
      column,
      hint,
    });
  }
}
