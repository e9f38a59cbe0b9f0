// The compiled program and the packages it uses in few files: reading some two thousand modules one by one is most of
// what a start takes. `dist/main.js` becomes the way in; the compiled modules beside it stay for the demo and the SDK.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

/** What must stay a package of its own. */
const external = [
  // Found by their own files: WebAssembly, data, threads.
  '@electric-sql/*',
  '@prisma/schema-engine-wasm',
  'pino',
  'pino-pretty',
  // Has to have run before any other module, which files that share chunks do not promise.
  'reflect-metadata',
  // Asked for by packages that do without when they are not installed.
  '@fastify/*',
  '@nestjs/microservices',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
  'pg-native',
];

/** The modules reach files by their place, so that the bundle stands as deep in `dist` as they do. */
const folder = 'bundle';

const launcher = `#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep what they compiled for the next start.
module.enableCompileCache?.();
await import('./${folder}/toolgate.js');
`;

/** A class that refers to itself, or stands in a variable of its own name, gets a name beside it: `X = class _X`. */
const renamedClass =
  /^( *(?:export )?(?:var|let|const) (\w+) = (?:\w+ = )*class (?!\2\b)\w+(?: extends [^{\n]+)? \{)$/gm;

/**
 * Gives such classes their names back: logs are sorted and read by them. esbuild's `keepNames` would
 * do the same for every closure, each time one is made, calls of tools included.
 */
function restoreNames(folder) {
  for (const name of readdirSync(folder).filter((it) => it.endsWith('.js'))) {
    const path = join(folder, name);
    const named = readFileSync(path, 'utf8').replace(
      renamedClass,
      '$1 static { Object.defineProperty(this, "name", { value: "$2", configurable: true }); }',
    );
    writeFileSync(path, named);
  }
}

/** @param {string} dist folder of the compiled program */
export async function bundle(dist) {
  rmSync(join(dist, folder), { recursive: true, force: true });
  await build({
    entryPoints: [join(dist, 'toolgate.js'), join(dist, 'database/pglite/pglite.worker.js')],
    outdir: join(dist, folder),
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'linked',
    external,
    // Packages in CommonJS ask for Node's own modules at run time.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'warning',
  });
  restoreNames(join(dist, folder));
  const entry = join(dist, 'main.js');
  writeFileSync(entry, launcher);
  chmodSync(entry, 0o755);
}
