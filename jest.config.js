/** Tests run the TypeScript sources as native ES modules; end-to-end tests start the built `dist/main.js`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testTimeout: 30_000,
  // By default a machine of two cores would use one. A worker keeps something of every suite it ran, and is replaced
  // before collecting that garbage takes longer than the tests.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '400MB',
};
