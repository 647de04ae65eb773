'use strict';

/**
 * What do the lints ask of JavaScript? ESLint's recommended set, JSDoc on every function, and one rule of this project:
 * binding.js is loaded in one place.
 */

const js = require('@eslint/js');
const jsdoc = require('eslint-plugin-jsdoc');
const globals = require('globals');

const BINDING = { group: ['**/binding', '**/binding.js'], message: 'Only lib/base/native.js loads the addon.' };

/** Documentation on everything that has a name. */
const documented = {
  'jsdoc/require-jsdoc': [
    'error',
    {
      enableFixer: false,
      require: { ClassDeclaration: true, FunctionDeclaration: true, MethodDefinition: true },
      checkConstructors: true
    }
  ],
  'jsdoc/require-param': ['error', { checkDestructured: false }],
  'jsdoc/check-param-names': ['error', { checkDestructured: false }],
  'jsdoc/require-param-type': 'error',
  'jsdoc/check-types': 'off'
};

module.exports = [
  {
    ignores: ['binding.js', 'target/', 'bench/load/target/', 'bench/results/', 'conformance/reports/', 'coverage/']
  },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: globals.node },
    plugins: { jsdoc },
    rules: {
      'no-restricted-imports': ['error', { patterns: [BINDING] }],
      'no-unused-vars': [
        'error',
        {
          args: 'after-used',
          caughtErrors: 'none',
          ignoreRestSiblings: true,
          varsIgnorePattern: '^_',
          argsIgnorePattern: '^_'
        }
      ],
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      strict: ['error', 'global'],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60 }],
      ...documented
    }
  },
  {
    // `require` of the binding: the core rule knows only import statements.
    files: ['**/*.js'],
    ignores: ['lib/base/native.js'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.name='require'][arguments.0.value=/\\u002fbinding(\\.js)?$/]",
          message: BINDING.message
        }
      ]
    }
  },
  {
    // Callbacks of tests say in their names what they show.
    files: ['__test__/**/*.js', '**/*.test.js'],
    rules: { 'jsdoc/require-jsdoc': 'off', 'jsdoc/require-param': 'off', 'max-lines-per-function': 'off' }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { sourceType: 'module', globals: globals.node },
    rules: { 'no-restricted-imports': ['error', { patterns: [BINDING] }] }
  },
  {
    // Runs in a browser, as a module.
    files: ['examples/demo/public/**/*.js', 'examples/browser/page.js'],
    languageOptions: { sourceType: 'module', globals: globals.browser },
    rules: { strict: 'off' }
  },
  {
    // Functions handed to page.evaluate() run in a browser.
    files: ['__test__/{interop,peers}/**/*.js'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } }
  }
];
