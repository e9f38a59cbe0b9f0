import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { transformSync } from '@swc/core';

const sources = resolve('test/support/upstreams/servers');
/** Within node_modules, so that what the servers import is found from there. */
const target = resolve('node_modules/.cache/toolgate-test-upstreams');

/** Makes a server of `servers/` runnable by node, which does not read TypeScript, and returns its path. */
export function runnable(name: 'fixture-server' | 'hostile-stdio'): string {
  const source = readFileSync(join(sources, `${name}.ts`), 'utf8');
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const path = join(target, `${name}-${hash}.mjs`);
  const { code } = transformSync(source, {
    filename: `${name}.ts`,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  mkdirSync(target, { recursive: true });
  // Several test processes may do this at once.
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, code);
  renameSync(temporary, path);
  return path;
}
