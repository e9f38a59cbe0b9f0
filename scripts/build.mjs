// From a clean checkout after `npm ci` to a runnable dist/, and nothing at all when nothing changed: `npm start` and
// `npm test` run this each time. What a step was made from is remembered as a hash beside its result, so that removing
// the result is enough to have it made again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

const generated = at('src', 'database', 'generated');
const dist = at('dist');
const entry = at('dist', 'main.js');

/** Hash over the names and contents of files and folders, in a stable order; the generated client is a result. */
function fingerprint(...names) {
  const hash = createHash('sha256');
  const add = (path) => {
    if (path === generated || !existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
    } else {
      hash.update(`${relative(root, path)}\0`);
      hash.update(readFileSync(path));
    }
  };
  for (const name of names) add(at(name));
  return hash.digest('hex');
}

function isFresh(stamp, print) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === print;
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [at(script), ...args], { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
}

function keep(stamp, print) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, print);
}

const tools = ['package.json', 'package-lock.json', 'scripts/build.mjs'];

const schemaPrint = fingerprint('prisma/schema.prisma', 'scripts/prisma.mjs', ...tools);
const schemaStamp = join(generated, '.made-from');
if (!isFresh(schemaStamp, schemaPrint)) {
  rmSync(schemaStamp, { force: true });
  run('scripts/prisma.mjs', 'generate');
  keep(schemaStamp, schemaPrint);
}

const sourcePrint = fingerprint(
  'src',
  'prisma/schema.prisma',
  'tsconfig.json',
  'nest-cli.json',
  'scripts/bundle.mjs',
  ...tools,
);
const sourceStamp = join(dist, '.made-from');
if (!isFresh(sourceStamp, sourcePrint) || !existsSync(entry)) {
  rmSync(sourceStamp, { force: true });
  // The compiler trusts its notes on what it wrote; without a result they would keep it from writing one.
  if (!existsSync(entry)) rmSync(dist, { recursive: true, force: true });
  run('node_modules/@nestjs/cli/bin/nest.js', 'build');
  if (existsSync(entry)) await bundle(dist);
  keep(sourceStamp, sourcePrint);
}
