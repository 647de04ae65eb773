'use strict';

// Where does this run? Figures mean little without it.

const os = require('os');

const { version } = require('../../package.json');

/**
 * @return {Object} Versions, processor and cores
 * @public
 */
function machine() {
  return {
    upshift: version,
    ws: require('ws/package.json').version,
    node: process.version,
    cpu: os.cpus()[0]?.model ?? process.arch,
    cores: os.availableParallelism()
  };
}

module.exports = machine;
