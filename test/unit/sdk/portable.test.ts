import { expect, it } from '@jest/globals';
import ts from 'typescript';

it('needs nothing but what browsers, workers and Node have in common', () => {
  const program = ts.createProgram(['src/sdk/index.ts'], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  });
  const faults = ts
    .getPreEmitDiagnostics(program)
    .map((it) => ts.flattenDiagnosticMessageText(it.messageText, '\n'));
  expect(faults).toEqual([]);
  const sources = program.getSourceFiles().filter(({ fileName }) => !fileName.includes('node_modules'));
  expect(sources.map(({ fileName }) => fileName).filter((name) => !name.includes('src/sdk/'))).toEqual([]);
  expect(sources.length).toBeGreaterThan(5);
});
