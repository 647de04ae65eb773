'use strict';

// Why is there an object here that nobody uses? It looks like those that `process.nextTick()` makes, of which each write to a
// stream makes one. V8 knows what to do with the properties of such an object as long as one of that shape is left at every
// full garbage collection. If at one of them there is none, each `nextTick()` costs half a microsecond more from then on.

const { AsyncResource } = require('async_hooks');

/** Node.js reads its numbers from a Float64Array: the fields hold doubles. */
const DOUBLE = 0.5;

const symbols = Object.getOwnPropertySymbols(new AsyncResource('UPSHIFTTICK'));
const [ASYNC_ID, TRIGGER_ASYNC_ID] = ['async_id_symbol', 'trigger_async_id_symbol'].map((name) =>
  symbols.find(({ description }) => description === name)
);

module.exports = { kept: like(like, undefined) };

/**
 * Makes such an object, with the same properties in the same order: all of those on Node.js 20, the first two on 22 and 24.
 *
 * @param {Function} callback What is called
 * @param {Array} [args] Its arguments
 * @return {Object} The object
 * @private
 */
function like(callback, args) {
  return { [ASYNC_ID]: DOUBLE, [TRIGGER_ASYNC_ID]: DOUBLE, callback, args };
}
