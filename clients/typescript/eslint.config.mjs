// What tsc does not say: a promise whose failure nobody would hear of, an `any` that has crept in, an await of nothing.
import tseslint from 'typescript-eslint';

const nodeTests = { from: 'package', name: ['test', 'it', 'describe'], package: 'node:test' };

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'scripts/', 'eslint.config.mjs'] },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // `void` says that nobody waits, not what becomes of a failure: one that nobody hears of ends the process.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false, allowForKnownSafeCalls: [nodeTests] }],
      // What a rest pattern leaves out is named to be left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // A function is async for its interface, too: whoever calls it gets a promise and no exception.
      '@typescript-eslint/require-await': 'off',
    },
  },
);
