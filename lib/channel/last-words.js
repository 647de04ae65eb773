'use strict';

// Who sees to it that what was sent before `process.exit()` goes out? One listener for all copies of this package in a
// process, those that were loaded once more included: ten listeners are a warning, and a listener that belongs to a copy
// keeps all of it alive. Applications clear the listeners of their process, and test runners put them back: it stays, once.

/** Where the copies meet. What is there are functions, whatever their version. */
const EXIT = Symbol.for('upshift.exit');

/**
 * Has something done when the process exits, or the worker.
 *
 * @param {Function} step What; JavaScript comes back afterwards only in listeners that were added later
 * @private
 */
function atExit(step) {
  if (process[EXIT] === undefined) {
    Object.defineProperty(process, EXIT, { value: new Set() });
    listen();
  }

  process[EXIT].add(step);
}

module.exports = { atExit };

/**
 * The listener.
 *
 * @private
 */
function runAll() {
  for (const step of process[EXIT]) step();
}

/**
 * Adds what is missing of the listener and of those that watch over it.
 *
 * @private
 */
function listen() {
  add('newListener', onAdd);
  add('removeListener', onRemoved);
  add('exit', runAll);
}

/**
 * Adds a listener that is not there.
 *
 * @param {String} name The name of its event
 * @param {Function} listener It
 * @private
 */
function add(name, listener) {
  if (!process.listeners(name).includes(listener)) process.on(name, listener);
}

/**
 * Somebody adds a listener. Whoever took ours away brings it back, and it is there already: once is enough.
 *
 * @param {String} name The name of its event
 * @param {Function} listener It
 * @private
 */
function onAdd(name, listener) {
  if (listener !== runAll || !process.listeners(name).includes(listener)) return;

  process.removeListener('removeListener', onRemoved);
  process.removeListener(name, listener);
  process.on('removeListener', onRemoved);
}

/**
 * A listener was removed.
 *
 * @param {String} name The name of its event
 * @param {Function} listener It
 * @private
 */
function onRemoved(name, listener) {
  if (listener !== runAll) return;

  listen();
  // `removeAllListeners()` for all events drops what was added meanwhile.
  process.nextTick(listen);
}
