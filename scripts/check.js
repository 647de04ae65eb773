'use strict';

/**
 * `npm run check`: is the tree in the shape the house rules ask for? Formats, lints, rings, types, generated files.
 * Runs every step, prints the output of those that fail.
 */

const { existsSync } = require('node:fs');
const path = require('node:path');
const { root, run, runNode } = require('./process');

/** Crates beside the main one, with a workspace of their own. */
const CRATES = ['bench/load'].filter((folder) => existsSync(path.join(root, folder, 'Cargo.toml')));

/**
 * Makes a step of a command of cargo.
 *
 * @param {string} name What it checks
 * @param {string[]} args Arguments
 * @return {{ name: string, usesCargo: boolean, start: Function }} Step
 * @private
 */
function cargo(name, args) {
  return { name, usesCargo: true, start: () => run('cargo', args, { capture: true }) };
}

/**
 * Makes a step of a program in node_modules.
 *
 * @param {string} name What it checks
 * @param {string} file Its JavaScript file
 * @param {string[]} args Arguments
 * @return {{ name: string, start: Function }} Step
 * @private
 */
function node(name, file, args) {
  return { name, start: () => runNode(file, args, { capture: true }) };
}

/**
 * Makes the steps that every crate gets.
 *
 * @param {string} folder Folder of the crate
 * @param {string[]} targets What of it is linted
 * @return {object[]} Steps
 * @private
 */
function crateSteps(folder, targets) {
  const manifest = ['--manifest-path', path.join(folder, 'Cargo.toml')];
  const lints = ['clippy', '--locked', '--quiet', ...manifest, ...targets, '--', '-D', 'warnings'];
  return [
    cargo(`format of Rust (${folder})`, ['fmt', ...manifest, '--check']),
    cargo(`lints of Rust (${folder})`, lints)
  ];
}

/**
 * Makes the step that builds the rings up to one of them, without the rings outside it. With all features on an arrow
 * that points outward compiles silently: this is the wall.
 *
 * @param {string} feature Feature of the outermost ring to build
 * @return {object} Step
 * @private
 */
function ringStep(feature) {
  const only = ['--no-default-features', '--features', feature];
  return cargo(`ring ${feature} alone`, ['build', '--locked', '--quiet', '--lib', ...only]);
}

const RING_LINTS = ['clippy', '--locked', '--quiet', '--all-targets', '--no-default-features', '--features', 'engine'];

const STEPS = [
  // With its tests the binding ring has no callers: Node-API's exports are left out of test builds.
  ...crateSteps('.', ['--lib']),
  cargo('lints of the tests of the inner rings', [...RING_LINTS, '--', '-D', 'warnings']),
  ...CRATES.flatMap((folder) => crateSteps(folder, ['--all-targets'])),
  // Built where `npm run test:peers` builds it; it has no tests of its own.
  ...crateSteps('__test__/interop/peers/tungstenite', ['--all-targets', '--target-dir', 'target/peers/cargo']),
  ringStep('proto'),
  ringStep('engine'),
  ...CRATES.map((folder) =>
    cargo(`tests of ${folder}`, ['test', '--locked', '--quiet', '--manifest-path', path.join(folder, 'Cargo.toml')])
  ),
  { ...node('Rust version', 'scripts/rust-version.js', []), usesCargo: true },
  node('format of everything else', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  node('lints of JavaScript', 'node_modules/eslint/bin/eslint.js', ['--max-warnings', '0', '.']),
  node('types', 'node_modules/typescript/bin/tsc', ['-p', '__test__/types']),
  node('types against those of ws', 'node_modules/typescript/bin/tsc', ['-p', '__test__/types/tsconfig.ws.json']),
  node('house rules', 'scripts/house-rules.js', []),
  {
    name: 'binding.js and binding.d.ts as committed',
    start: () => run('git', ['diff', '--exit-code', '--', 'binding.js', 'binding.d.ts'], { capture: true })
  }
];

/**
 * Runs one step and says how it went.
 *
 * @param {{ name: string, start: Function }} step Step
 * @return {Promise<boolean>} True when it passed
 * @private
 */
async function perform({ name, start }) {
  const began = Date.now();
  const { code, output } = await start();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

/**
 * Runs steps one after the other.
 *
 * @param {object[]} steps Steps
 * @return {Promise<string[]>} The names of those that failed
 * @private
 */
async function performAll(steps) {
  const failed = [];
  for (const step of steps) {
    if (!(await perform(step))) failed.push(step.name);
  }
  return failed;
}

/**
 * Runs all steps: cargo's, which wait for each other, beside those of Node.js.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const lanes = [STEPS.filter(({ usesCargo }) => usesCargo), STEPS.filter(({ usesCargo }) => !usesCargo)];
  const failed = (await Promise.all(lanes.map(performAll))).flat();
  console.log(failed.length === 0 ? `\nall ${STEPS.length} checks passed` : `\nfailed: ${failed.join(', ')}`);
  if (failed.length > 0) process.exitCode = 1;
}

main();
