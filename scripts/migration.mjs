// Writes prisma/migrations/<time>_<intent>/migration.sql: what leads from the migrations that exist to
// prisma/schema.prisma. Uses the engine and the embedded database that the gateway itself uses, so it needs nothing
// running:  npm run build && node scripts/migration.mjs add_key_colour
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { PGlite } from '@electric-sql/pglite';

import { listFor, readMigrations } from '../dist/database/migrations.js';
import { pgliteFactory } from '../dist/database/pglite/pglite-factory.js';
import { loadSchemaEngine } from '../dist/database/schema-engine.js';

const [intent] = process.argv.slice(2);
if (!/^[a-z0-9_]{3,80}$/.test(intent ?? '')) {
  console.error('Usage: node scripts/migration.mjs <intent in snake_case>');
  process.exit(2);
}

const folder = new URL('../prisma/', import.meta.url);
const schema = await readFile(new URL('schema.prisma', folder), 'utf8');
const files = [{ path: 'schema.prisma', content: schema }];
const database = await PGlite.create();
const engine = await loadSchemaEngine(pgliteFactory(database), [['schema.prisma', schema]]);
const { stdout } = await engine.diff({
  from: { tag: 'migrations', ...listFor(await readMigrations()) },
  to: { tag: 'schemaDatamodel', files },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
await database.close();

// The schema is there already, and making one needs a right that an application's role often lacks.
const sql = (stdout ?? '').replace('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n\n', '');
if (!/^[A-Z]/m.test(sql)) {
  console.log('Nothing to do: the migrations lead to the schema.');
  process.exit(0);
}
const name = `${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}_${intent}`;
await mkdir(new URL(`migrations/${name}/`, folder), { recursive: true });
await writeFile(new URL(`migrations/${name}/migration.sql`, folder), sql);
await writeFile(new URL('migrations/migration_lock.toml', folder), 'provider = "postgresql"\n');
console.log(`prisma/migrations/${name}/migration.sql`);
