import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { transformSync } from '@swc/core';

const sources = resolve('test/support/upstreams/servers');
/** Within node_modules, so that what the servers import is found from there. */
const targets = resolve('node_modules/.cache/toolgate-test-upstreams');

type Runnable =
  | 'fixture-server'
  | 'catalog-server'
  | 'modern-server'
  | 'hostile-stdio'
  | 'conformance/legacy'
  | 'conformance/modern';

/** Makes the servers of `servers/` runnable by node, which does not read TypeScript, and returns one's path. */
export function runnable(name: Runnable): string {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => ({ file, source: readFileSync(join(sources, file), 'utf8') }));
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const target = join(targets, hash);
  if (!existsSync(target)) compile(files, target);
  return join(target, `${name}.js`);
}

function compile(files: readonly { readonly file: string; readonly source: string }[], target: string): void {
  // Several test processes may do this at once: the first one's folder stays.
  const temporary = `${target}.${process.pid}`;
  for (const { file, source } of files) {
    const { code } = transformSync(source, {
      filename: file,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    const path = join(temporary, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  writeFileSync(join(temporary, 'package.json'), '{"type":"module"}');
  try {
    renameSync(temporary, target);
  } catch {
    rmSync(temporary, { recursive: true });
  }
}
