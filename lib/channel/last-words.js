'use strict';

// Who sees to it that what was sent before `process.exit()` goes out? One listener for all copies of this package in a
// process, those that were loaded once more included: ten listeners are a warning, and a listener that belongs to a copy
// keeps all of it alive.

/** Where the copies meet. What is there are functions, whatever their version. */
const EXIT = Symbol.for('upshift.exit');

/**
 * Has something done when the process exits, or the worker.
 *
 * @param {Function} step What; JavaScript does not come back afterwards
 * @private
 */
function atExit(step) {
  if (process[EXIT] === undefined) {
    Object.defineProperty(process, EXIT, { value: new Set() });
    process.on('exit', runAll);
  }

  process[EXIT].add(step);
}

/**
 * The listener.
 *
 * @private
 */
function runAll() {
  for (const step of process[EXIT]) step();
}

module.exports = { atExit };
