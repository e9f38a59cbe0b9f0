import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as engineModule from '@prisma/schema-engine-wasm';

export type SchemaEngine = engineModule.SchemaEngine;

/** What the engine's generated JavaScript exports besides the engine itself: the hook that gives it its instance. */
type EngineBindings = typeof engineModule & { __wbg_set_wasm(exports: EngineExports): void };
type EngineExports = Record<string, () => void>;

/** The part of the global that is used here; its types come with a browser's, which this program does without. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(
      bytes: Uint8Array,
      imports: Record<string, unknown>,
    ): Promise<{ instance: { exports: EngineExports } }>;
  };
};

const require = createRequire(import.meta.url);

/** The generated JavaScript keeps its instance in a variable of the module: a second instance would ruin the first. */
let loaded: Promise<EngineBindings> | null = null;

/**
 * Prisma's schema engine as WebAssembly: the engine behind `prisma migrate`, without the binary that has to be
 * downloaded. Loaded only when a migration is pending; costs about 70 ms and 20 MB.
 *
 * @param datamodels path and text of the schema files; none are needed to apply migrations.
 */
export async function loadSchemaEngine(
  factory: SqlMigrationAwareDriverAdapterFactory,
  datamodels: [path: string, text: string][] = [],
): Promise<SchemaEngine> {
  const bindings = await (loaded ??= loadBindings());
  return bindings.SchemaEngine.new(
    { datamodels: datamodels.length === 0 ? undefined : datamodels },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** By hand, because the package's own entry imports the .wasm file as a module, which Node does only behind a flag. */
async function loadBindings(): Promise<EngineBindings> {
  const script = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bindings = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as EngineBindings;
  const bytes = await readFile(script.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': withoutTimersThatHold(bindings),
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports['__wbindgen_start']?.();
  return bindings;
}

/** The engine's deadlines (10 s for its lock) are never cleared, and would hold up a process that ends. */
function withoutTimersThatHold(bindings: EngineBindings): Record<string, unknown> {
  const setLooseTimeout = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();
  return Object.fromEntries(
    Object.entries(bindings).map(([name, binding]): [string, unknown] => [
      name,
      name.startsWith('__wbg_setTimeout_') ? setLooseTimeout : binding,
    ]),
  );
}
