'use strict';

/**
 * What does the comparison run on, and which cores does each side get?
 */

const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');

const versionOf = (file) => require(file).version;

/**
 * @return {Object} What the figures depend on
 * @public
 */
function describeMachine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    v8: process.versions.v8,
    upshift: versionOf('../../package.json'),
    ws: versionOf('ws/package.json'),
    bufferutil: versionOf('bufferutil/package.json'),
    cpu: os.cpus()[0]?.model ?? os.arch(),
    cores: os.availableParallelism(),
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`
  };
}

/**
 * Which cores the two sides are pinned to: the generator gets the last one, the server the others. Without taskset, or
 * with a single core, nothing is pinned.
 *
 * @param {Object} options The options of the run
 * @return {Object} Core lists as taskset takes them, or null
 * @public
 */
function choosePins(options) {
  const cores = allowedCores();
  if (cores.length < 2 || spawnSync('taskset', ['--version']).error) return { server: null, load: null };
  return {
    server: options['server-cpus'] ?? cores.slice(0, -1).join(),
    load: options['load-cpus'] ?? String(cores.at(-1))
  };
}

/**
 * @param {String|null} cores A core list
 * @param {String} command A program
 * @param {Array} args Its arguments
 * @return {Array} The program and the arguments that run it on those cores
 * @public
 */
function pinned(cores, command, args) {
  return cores === null ? [command, args] : ['taskset', ['-c', cores, command, ...args]];
}

/**
 * @return {Number[]} The cores this process may use
 * @private
 */
function allowedCores() {
  if (process.platform !== 'linux') return [];
  const [, ranges] = fs.readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)/m);
  return ranges.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

module.exports = { choosePins, describeMachine, pinned };
