'use strict';

/**
 * What must be there before anything runs? The dependencies and the addon, each made only when missing or stale.
 *
 *     node scripts/setup.js            what `npm test`, `npm start` and the others call first
 *     node scripts/setup.js --rebuild  `npm run build`: build also when nothing changed
 *
 * Only Node's own modules may be loaded here: on a fresh clone there are no others yet.
 */

const fs = require('node:fs');
const path = require('node:path');
const { addonName } = require('../lib/base/load-error');
const { root, run, runNode, runNpm } = require('./process');

const output = path.join(root, 'target', 'addon');

/**
 * When was a file last changed?
 *
 * @param {string} file File, relative to the root
 * @return {number} Milliseconds, 0 when there is no such file
 * @private
 */
function changedAt(file) {
  const stat = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
  return stat === undefined ? 0 : stat.mtimeMs;
}

/**
 * Everything the addon is built from.
 *
 * @return {string[]} Files, relative to the root
 * @private
 */
function addonSources() {
  const inSrc = fs.readdirSync(path.join(root, 'src'), { recursive: true });
  const rust = inSrc.filter((name) => name.endsWith('.rs')).map((name) => path.join('src', name));
  return ['Cargo.toml', 'Cargo.lock', 'build.rs', ...rust];
}

/**
 * Do node_modules lack something that package-lock.json asks for?
 *
 * @return {boolean} True when `npm ci` has to run
 * @private
 */
function dependenciesAreStale() {
  // npm writes this file last; a newer lock file means somebody pulled.
  return changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json');
}

/**
 * Is the addon missing, or older than one of its sources?
 *
 * @return {boolean} True when it has to be built
 * @private
 */
function addonIsStale() {
  if (changedAt('binding.js') === 0 || changedAt('binding.d.ts') === 0) return true;
  const built = changedAt(addonName());
  return addonSources().some((file) => changedAt(file) > built);
}

/**
 * Installs the dependencies exactly as package-lock.json names them.
 *
 * @return {Promise<void>}
 * @private
 */
async function installDependencies() {
  console.log('setup: installing dependencies (npm ci)');
  const { code } = await runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) throw new Error('npm ci failed; the lines above say why');
}

/**
 * Says what is missing before cargo would say it less clearly.
 *
 * @return {Promise<void>}
 * @private
 */
async function requireToolchain() {
  const rust = await run('cargo', ['--version'], { capture: true });
  if (rust.code !== 0) throw new Error('cargo was not found; install Rust from https://rustup.rs and start again');
  if (process.platform === 'win32') return;
  const linker = await run('cc', ['--version'], { capture: true });
  if (linker.code !== 0) throw new Error('cc was not found; install a C compiler (gcc or clang), Rust links with it');
}

/**
 * Puts one built file into the root. By renaming: a process that has the old addon mapped goes on with it.
 *
 * @param {string} name File name
 * @param {Date} started When the build began
 * @private
 */
function install(name, started) {
  const built = path.join(output, name);
  // Sources edited while cargo ran must count as newer than what it built.
  fs.utimesSync(built, started, started);
  fs.renameSync(built, path.join(root, name));
}

/**
 * Builds the addon in release mode and rewrites binding.js and binding.d.ts.
 *
 * @return {Promise<void>}
 * @private
 */
async function buildAddon() {
  await requireToolchain();
  console.log('setup: building the addon (release); the first time takes a few minutes');
  const started = new Date();
  const cli = path.join(root, 'node_modules/@napi-rs/cli/dist/cli.js');
  const files = ['--output-dir', output, '--js', 'binding.js', '--dts', 'binding.d.ts'];
  const { code } = await runNode(cli, ['build', '--platform', '--release', ...files, '--', '--locked']);
  if (code !== 0) throw new Error('the addon was not built; the lines above say why');
  for (const name of [addonName(), 'binding.js', 'binding.d.ts']) install(name, started);
}

/**
 * Makes what is missing.
 *
 * @param {object} [options] Options
 * @param {boolean} [options.rebuild] Build also when nothing changed
 * @return {Promise<void>}
 * @public
 */
async function setup({ rebuild = false } = {}) {
  if (dependenciesAreStale()) await installDependencies();
  if (rebuild || addonIsStale()) await buildAddon();
}

module.exports = { setup };

if (require.main === module) {
  setup({ rebuild: process.argv.includes('--rebuild') }).catch((error) => {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  });
}
