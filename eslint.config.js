import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'data/**',
      'coverage/**',
      'src/database/generated/**',
      'test/bench/**',
      'scripts/**',
      'docker/**',
      '*.js',
      '*.cjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // HTTP+SSE is deprecated in MCP, and carrying it is what the gateway is for.
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', name: 'SSEClientTransport', package: '@modelcontextprotocol/sdk' }] },
      ],
      // Nest declares its options as classes that nobody constructs.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest modules and marker classes are empty on purpose: their decorator is their content.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
);
