import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { transformSync } from '@swc/core';

/** Runs a file of `examples/` as it stands there, with `toolgate/sdk` as built. Resolves with what it printed. */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<string> {
  const { code } = transformSync(readFileSync(resolve('examples', `${name}.ts`), 'utf8'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  // Within the package, which finds itself by its own name.
  const folder = mkdtempSync(resolve('dist', 'example-'));
  try {
    writeFileSync(join(folder, `${name}.mjs`), code);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, `${name}.mjs`), ...args], {
      env: { ...process.env, ...env },
      timeout: 25_000,
    });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
