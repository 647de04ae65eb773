'use strict';

/**
 * What does somebody have to do when the addon cannot be loaded? Turns the loader's failure into one error that says it.
 *
 * Entry points: `loadError` for native.js; `platformName` and `addonName` also for the scripts that build and pack.
 */

const manifest = require('../../package.json');

const CPU = { aarch64: 'arm64', i686: 'ia32', x86_64: 'x64' };
// The generated loader keeps messages only, no codes.
const FORBIDDEN = /loading addons is disabled/;
// These say that there was nothing to load.
const ABSENT = /^(Cannot find (module|native binding)|Unsupported (OS|architecture))/;
const SYSTEM = { darwin: 'darwin', linux: 'linux', windows: 'win32' };

/**
 * Translates a Rust target triple into the name that npm's packages carry.
 *
 * @param {string} triple For example `x86_64-unknown-linux-gnu`
 * @return {string} For example `linux-x64-gnu`
 * @private
 */
function nameOfTarget(triple) {
  const [cpu, , system, abi] = triple.split('-');
  return [SYSTEM[system] || system, CPU[cpu] || cpu, abi].filter(Boolean).join('-');
}

/**
 * Is this Linux one of musl (Alpine) rather than glibc?
 *
 * @return {boolean} True on musl
 * @private
 */
function isMusl() {
  // Without this the report looks up the name of every network interface.
  const { excludeNetwork } = process.report;
  process.report.excludeNetwork = true;
  const { header } = process.report.getReport();
  process.report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime === undefined;
}

/**
 * Names the machine we run on the way npm's platform packages do.
 *
 * @return {string} For example `linux-x64-gnu`
 * @public
 */
function platformName() {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`;
  return process.platform === 'win32' ? `${name}-msvc` : name;
}

/**
 * Names the file that holds the addon of this machine.
 *
 * @return {string} For example `upshift.linux-x64-gnu.node`
 * @public
 */
function addonName() {
  return `${manifest.napi.binaryName}.${platformName()}.node`;
}

/**
 * Finds the error in a chain of causes that is about a file which exists: the one of the system's loader.
 *
 * @param {Error} [error] Head of the chain
 * @return {Error | undefined} That error, if there is one
 * @private
 */
function findLoadFailure(error) {
  let link = error;
  while (link && ABSENT.test(link.message)) link = link.cause;
  return link || undefined;
}

/**
 * Says what is wrong and what to do about it.
 *
 * @param {Error} cause What the generated loader threw
 * @param {string} platform Name of this machine
 * @return {string} Text for a person
 * @private
 */
function describe(cause, platform) {
  const supported = manifest.napi.targets.map(nameOfTarget);
  const failure = findLoadFailure(cause);
  if (FORBIDDEN.test(failure?.message)) {
    return (
      "Node.js is not allowed to load upshift's binary: its core is a native addon. " +
      'Under --permission (--experimental-permission on Node.js 20) start it with --allow-addons, ' +
      'and let it read the package (--allow-fs-read); leave out --no-addons.'
    );
  }
  if (failure !== undefined) {
    return `upshift's binary for ${platform} is here but the system refuses to load it: ${failure.message}`;
  }
  if (!supported.includes(platform)) {
    return (
      `upshift has no binary for ${platform}. There are binaries for ${supported.join(', ')}. ` +
      'To make one, clone the repository on such a machine, with Rust and a C compiler installed, and run `npm run build`.'
    );
  }
  return (
    `upshift's binary for ${platform} is not installed: the package upshift-${platform} is missing. ` +
    'It is an optional dependency: npm leaves it out under --omit=optional, and a node_modules folder copied from ' +
    'another machine lacks it. Delete node_modules and run `npm install` on this machine; ' +
    'in a clone of the repository run `npm run build`.'
  );
}

/**
 * Makes the error that `require('upshift')` throws when there is no usable addon.
 *
 * @param {Error} cause What the generated loader threw
 * @param {string} [platform] Name of the machine, for tests
 * @return {Error} Error with code `ERR_UPSHIFT_BINDING` and the cause
 * @public
 */
function loadError(cause, platform = platformName()) {
  const error = new Error(describe(cause, platform), { cause });
  error.code = 'ERR_UPSHIFT_BINDING';
  return error;
}

module.exports = { addonName, loadError, platformName };
