'use strict';

// In which async context does the handle of a stream call? In that in which the stream was made, and handlers have to be
// called in another one. To enter that one within would cost half a microsecond for each message; so the handle is given a
// resource without any store, the way Node's Agent gives a new one to the handle of a socket that it uses again.

const { SCOPE_WILL_DO, clean, watching } = require('./async-context');
const { isStore, outside } = require('./root-context');

/** The async id of no scope. */
const NONE = -1;

/** The description of the symbol under which a handle has the resource it was given. */
const GIVEN = 'resource_symbol';

/**
 * A resource for one handle: what a listener of its socket puts on it is not seen by those of others.
 */
class HandleResource {}

Object.setPrototypeOf(HandleResource.prototype, watching(Object.prototype));

/**
 * Gives the handle of a socket a resource without any store, if it has none itself: `runWithin()` will do in its scopes.
 *
 * @param {Duplex} socket The socket
 * @return {Number} The async id of these scopes, or `NONE`
 * @private
 */
function giveResource({ _handle: handle }) {
  if (!SCOPE_WILL_DO || typeof handle?.asyncReset !== 'function' || hasStore(handle)) return NONE;

  outside(() => handle.asyncReset(new HandleResource()));
  // Where there are stores at all, each new resource is given those of the place where it is made, which are none here.
  clean();
  return handle.getAsyncId();
}

module.exports = { NONE, giveResource };

/**
 * Tells whether there is a store on a resource, or on the one that stands for it.
 *
 * @param {Object} resource The resource
 * @return {Boolean} `true` if there is
 * @private
 */
function hasStore(resource) {
  return Object.getOwnPropertySymbols(resource).some((symbol) => {
    if (resource[symbol] === undefined) return false;

    return isStore(symbol) || (symbol.description === GIVEN && hasStore(resource[symbol]));
  });
}
