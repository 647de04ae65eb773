'use strict';

// Has somebody replaced the `emit` of all emitters before we were loaded? Tools for tracing do, and node:domain; where it
// is Node's own, a listener may be called as it would call it. A replacement that comes later is another function than the
// one found here.
//
// Neither its name nor its text proves anything, so it is tried: a listener called by Node's own `emit`, and by nothing
// between it and the caller, has exactly one frame of Node's below it.

const EventEmitter = require('events');

const { emit } = EventEmitter.prototype;

/**
 * The calls under way.
 *
 * @return {CallSite[]} One for each, the innermost first
 * @private
 */
function calls() {
  const { prepareStackTrace, stackTraceLimit } = Error;

  try {
    Error.prepareStackTrace = (err, sites) => sites;
    Error.stackTraceLimit = Infinity;
    return new Error().stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * Tries it.
 *
 * @return {Boolean} `true` if listeners are called by Node's own `emit` alone
 * @private
 */
function isNodesOwn() {
  const emitter = new EventEmitter();
  const outside = calls().length;
  let inside = [];

  emitter.on('call', () => (inside = calls()));
  emitter.emit('call');

  // The listener, and what has called it.
  return inside.length === outside + 2 && inside[2].getFileName() === 'node:events';
}

/**
 * As above; where stacks cannot be looked at (`--frozen-intrinsics`) nobody knows.
 *
 * @return {Boolean} `true` if it is certain
 * @private
 */
function isCertain() {
  try {
    return isNodesOwn();
  } catch {
    return false;
  }
}

/** Node's own `emit`; `null` if somebody has replaced it. */
const ownEmit = isCertain() ? emit : null;

module.exports = { ownEmit };
