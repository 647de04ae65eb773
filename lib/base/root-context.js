'use strict';

// Which async context do the engine's own resources belong to? None: they are
// made when the first request comes, and its AsyncLocalStorage stores would
// otherwise be seen by every handler after it.

const { AsyncResource } = require('async_hooks');

/** A resource without any store. */
const root = new AsyncResource('UPSHIFTROOT');

// Stores are properties of the resource (Node.js 20, 22), or one property holds
// the frame of all of them (24 on). This module may have been loaded inside a
// request.
for (const symbol of Object.getOwnPropertySymbols(root)) {
  if (isStore(symbol)) root[symbol] = undefined;
}

/**
 * Tells whether a property of a resource holds stores.
 *
 * @param {Symbol} symbol The property
 * @return {Boolean} `true` if it does
 * @private
 */
function isStore({ description }) {
  return description === 'kResourceStore' || description === 'context_frame';
}

/**
 * Calls a function outside of every context.
 *
 * @param {Function} fn The function
 * @return {*} What it returns
 * @private
 */
function outside(fn) {
  return root.runInAsyncScope(fn);
}

module.exports = { isStore, outside };
