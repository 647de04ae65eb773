'use strict';

// What do `pause()` and `resume()` of a stream do whose bytes are read by a WebSocket? What they do with ws: they stop the
// messages and let them come again. So who reads it is told first.

/**
 * Makes the two methods.
 *
 * @param {Function} readerOf Returns what reads a stream, if anything does: its `onPause()` and `onResume()` are called, and
 *     the latter tells whether the stream itself may flow
 * @param {Function} ownOf Returns what has the methods that the stream would have without these
 * @return {Object} `{ pause, resume }`
 * @public
 */
function flowMethods(readerOf, ownOf) {
  return {
    pause() {
      readerOf(this)?.onPause();

      return ownOf(this).pause.call(this);
    },
    resume() {
      return readerOf(this)?.onResume() === false ? this : ownOf(this).resume.call(this);
    }
  };
}

/**
 * Methods as a class has them: not to be seen among what a stream holds.
 *
 * @param {Object} methods The methods
 * @return {Object} Their property descriptors
 * @public
 */
function hidden(methods) {
  return Object.fromEntries(
    Object.entries(methods).map(([name, value]) => [name, { configurable: true, value, writable: true }])
  );
}

module.exports = { flowMethods, hidden };
