'use strict';

// In which async context do the handlers of a WebSocket run? In the one in which it was made, if there was a store in
// it. Most connections have none, and they share a resource: it saves memory, and a resource of their own would pin
// whatever they were made in.

const { AsyncResource } = require('async_hooks');

const { outside } = require('./root-context');

const TYPE = 'UPSHIFTWEBSOCKET';

/** The automatic way of `destroy()` costs a weak reference per WebSocket. */
const OPTIONS = { requireManualDestroy: true };

/** What every resource carries: Node's numbers for it. */
const NUMBERS = ['async_id_symbol', 'trigger_async_id_symbol'];

/** The property with the stores of a resource, on Node.js 24 and later. */
const FRAME = 'context_frame';

/** The symbols that every resource has, and the one of them that holds the frame, if there is one. */
const COMMON = Object.getOwnPropertySymbols(outside(() => new AsyncResource(TYPE, OPTIONS))).filter(
  ({ description }) => NUMBERS.includes(description) || description === FRAME
);
const FRAME_SYMBOL = COMMON.find(({ description }) => description === FRAME);

/** Pairs of a resource and a property that somebody put on it, to be taken off again. */
const stains = [];

/** The resource of those that have no store, and of the scopes in which the engine calls. */
const empty = outside(() => watched(new AsyncResource(TYPE, OPTIONS)));

/**
 * Whether such a scope is as good as entering that resource: what a handler puts on it is taken off again. Where a frame
 * holds all stores, what `enterWith()` does can be undone by leaving the resource alone.
 */
const SCOPE_WILL_DO = FRAME_SYMBOL === undefined;

/**
 * Captures the current context.
 *
 * @return {AsyncResource} A resource to run handlers in
 * @private
 */
function capture() {
  const resource = new AsyncResource(TYPE, OPTIONS);

  if (carriesStore(resource)) return resource;

  resource.emitDestroy();
  return empty;
}

/**
 * Tells whether a new resource has been given something: a store of an `AsyncLocalStorage`, or what an async hook left
 * on it.
 *
 * @param {AsyncResource} resource The resource
 * @return {Boolean} `true` if it has
 * @private
 */
function carriesStore(resource) {
  const symbols = Object.getOwnPropertySymbols(resource);

  // The usual case, without a look at the names.
  if (symbols.length === COMMON.length && (FRAME_SYMBOL === undefined || resource[FRAME_SYMBOL] === undefined)) {
    return false;
  }

  return symbols.some((symbol) => {
    const { description } = symbol;
    const value = resource[symbol];

    if (value === undefined || NUMBERS.includes(description)) return false;

    // On Node.js 20 the value is the store; later it is a frame, with an entry for each store there ever was.
    return description !== FRAME || [...value.values()].some((store) => store !== undefined);
  });
}

/**
 * Makes a prototype by which its objects tell when something is put on them: up to Node.js 22 `enterWith()` in a handler
 * writes its store on a resource, and the next handler would find it.
 *
 * @param {Object} prototype What it is like otherwise
 * @return {Object} The prototype
 * @private
 */
function watching(prototype) {
  return new Proxy(prototype, {
    set(target, key, value, receiver) {
      stains.push(receiver, key);
      return Reflect.defineProperty(receiver, key, { configurable: true, enumerable: true, value, writable: true });
    }
  });
}

/**
 * Makes a resource tell when something is put on it.
 *
 * @param {AsyncResource} resource The resource
 * @return {AsyncResource} It
 * @private
 */
function watched(resource) {
  const { runInAsyncScope } = AsyncResource.prototype;

  // Its own, so that the usual way does not pass through the proxy.
  Object.defineProperty(resource, 'runInAsyncScope', { value: runInAsyncScope });
  return Object.setPrototypeOf(resource, watching(AsyncResource.prototype));
}

/**
 * Takes off what was put on resources.
 *
 * @private
 */
function clean() {
  const pairs = stains.splice(0);

  for (let i = 0; i < pairs.length; i += 2) delete pairs[i][pairs[i + 1]];
}

/**
 * Calls a function in a context. One argument at most: gathering them costs as much as the context does.
 *
 * @param {AsyncResource} resource What `capture()` has returned
 * @param {Function} fn The function
 * @param {*} self Its `this`
 * @param {*} [arg] Its argument
 * @private
 */
function run(resource, fn, self, arg) {
  try {
    if (arg === undefined) resource.runInAsyncScope(fn, self);
    else resource.runInAsyncScope(fn, self, arg);
  } finally {
    if (stains.length > 0) clean();
  }
}

/**
 * The same within a scope whose resource is `empty`, or as empty. Entering that once more would cost up to half a
 * microsecond, most of it in Node.js, which then finds more resources than scopes.
 *
 * @param {AsyncResource} resource What `capture()` has returned
 * @param {Function} fn The function
 * @param {*} self Its `this`
 * @param {*} arg Its argument
 * @private
 */
function runWithin(resource, fn, self, arg) {
  if (resource !== empty || !SCOPE_WILL_DO || stains.length > 0) {
    run(resource, fn, self, arg);
    return;
  }

  try {
    fn.call(self, arg);
  } finally {
    if (stains.length > 0) clean();
  }
}

/**
 * The handlers have run for the last time.
 *
 * @param {AsyncResource} resource What `capture()` has returned
 * @private
 */
function release(resource) {
  if (resource !== empty) resource.emitDestroy();
}

module.exports = { SCOPE_WILL_DO, capture, clean, empty, release, run, runWithin, watching };
