'use strict';

// What does Node's handle become after the takeover? The same object over
// another prototype: everything `net.Socket` asks of it is answered by our
// connection, and nothing reaches the closed C++ handle any more.
//
// May use stub-members.js, which has the answers and describes the connection.
// Which sockets are taken, and in which order, is decided in takeover.js:
//
//   shadowOf(handle)             can this handle become a stub?
//   install(handle, ends)        it does, and libuv closes its descriptor
//   isStub(handle)               has it become one?
//   bind(handle, connection)     from now on the connection answers
//   connectionOf(handle)         who answers?
//   wasActive(handle)            have bytes moved since this was last asked?

const { accessors, kState, methods, nothing, refuse } = require('./stub-members');

/** The native classes below a TCP or Pipe handle, nearest first. */
const NATIVE_CHAIN = ['LibuvStreamWrap', 'HandleWrap', 'AsyncWrap'];

/** Real prototype -> { prototype, uncovered }, or null when it is no socket's. */
const prototypes = new WeakMap();

/**
 * What stands in for a member of the real prototype chain.
 *
 * @param {(String|Symbol)} name The member
 * @return {?Object} A property descriptor; null when the name is unknown
 * @private
 */
function substitute(name) {
  // False keeps the HTTP parser, TLS and http2 from handing the stub to C++.
  if (name === 'isStreamBase') return { value: false };
  if (Object.hasOwn(methods, name)) {
    return { value: methods[name], writable: true };
  }
  return Object.hasOwn(accessors, name) ? accessors[name] : null;
}

/**
 * What stands in for a member that Node has added since: harmless, if useless.
 *
 * @param {Object} descriptor The real member's property descriptor
 * @return {Object} A property descriptor
 * @private
 */
function harmless(descriptor) {
  return typeof descriptor.value === 'function'
    ? { value: refuse, writable: true }
    : { get: () => undefined, set: () => undefined };
}

/**
 * Builds the prototype that shadows every name the real chain has. It inherits
 * from the real one so that `instanceof TCP` still holds; an object made from it
 * anew would reach into C++ without anything behind it.
 *
 * @param {Object} real `TCP.prototype` or `Pipe.prototype`
 * @return {{ prototype: Object, uncovered: Array }} The prototype, and the names
 *     this file does not know
 * @private
 */
function shadow(real) {
  const prototype = Object.create(real);
  const uncovered = [];

  // Up to the root, which is not our Object.prototype in another vm context.
  for (let o = real; Object.getPrototypeOf(o); o = Object.getPrototypeOf(o)) {
    for (const name of Reflect.ownKeys(o)) {
      if (name === 'constructor' || Object.hasOwn(prototype, name)) continue;

      const known = substitute(name);

      if (!known) uncovered.push(name);
      Object.defineProperty(prototype, name, {
        configurable: true,
        ...(known || harmless(Object.getOwnPropertyDescriptor(o, name)))
      });
    }
  }

  return { prototype, uncovered };
}

/**
 * Whether a prototype is that of Node's plain TCP or Unix sockets.
 *
 * @param {Object} real The prototype
 * @return {Boolean} True when its native chain is the known one
 * @private
 */
function isNative(real) {
  if (!['TCP', 'Pipe'].includes(real.constructor?.name)) return false;

  let o = real;

  return NATIVE_CHAIN.every((name) => {
    o = Object.getPrototypeOf(o);
    return o !== null && o.constructor?.name === name;
  });
}

/**
 * The stub prototype for a handle.
 *
 * @param {?Object} handle Node's handle
 * @return {?Object} `{ prototype, uncovered }`, null when the handle is not that
 *     of a plain TCP or Unix socket
 * @public
 */
function shadowOf(handle) {
  if (!handle || handle[kState] !== undefined) return null;

  const real = Object.getPrototypeOf(handle);
  let found = prototypes.get(real);

  if (found === undefined) {
    found = isNative(real) ? shadow(real) : null;
    prototypes.set(real, found);
  }

  return found;
}

/**
 * An address of a handle, read while it is still real.
 *
 * @param {Object} handle Node's handle
 * @param {String} method 'getpeername' or 'getsockname'
 * @return {?Object} `{ address, family, port }`; null for Unix sockets
 * @private
 */
function addressOf(handle, method) {
  if (!handle[method]) return null;

  const out = {};

  return handle[method](out) === 0 ? out : null;
}

/**
 * Turns a handle into the stub and has libuv close the descriptor behind it. The
 * caller has duplicated the descriptor and stopped reading. Until `bind`, and for
 * good when the socket is released, there is nothing behind the stub.
 *
 * @param {Object} handle Node's handle, accepted by `shadowOf`
 * @param {Float64Array} ends The packed addresses of the peer and of this end,
 *     -1 where the handle has to be asked
 * @public
 */
function install(handle, ends) {
  const { prototype } = shadowOf(handle);

  handle[kState] = {
    activity: 0,
    asyncId: handle.getAsyncId(),
    bytesRead: handle.bytesRead,
    bytesWritten: handle.bytesWritten,
    closed: false,
    connection: nothing,
    local: ends[1] < 0 ? addressOf(handle, 'getsockname') : ends[1],
    peer: ends[0] < 0 ? addressOf(handle, 'getpeername') : ends[0]
  };
  handle._consumed = true;
  Object.setPrototypeOf(handle, prototype);
  // libuv closes its own descriptor, on its own thread.
  Object.getPrototypeOf(prototype).close.call(handle);
}

/**
 * Puts the connection behind a stub.
 *
 * @param {Object} handle The stub
 * @param {Object} connection See the head of stub-members.js
 * @public
 */
function bind(handle, connection) {
  handle[kState].connection = connection;
}

/**
 * The connection behind a handle.
 *
 * @param {?Object} handle A socket's handle
 * @return {(Object|undefined)} The connection; nothing when the handle is no stub
 * @public
 */
function connectionOf(handle) {
  return handle?.[kState]?.connection;
}

/**
 * Whether a handle is a stub, of whichever copy of this package.
 *
 * @param {?Object} handle A socket's handle
 * @return {Boolean} True when it is
 * @public
 */
function isStub(handle) {
  return Boolean(handle) && handle[kState] !== undefined;
}

/**
 * Whether bytes have moved since this was last asked.
 *
 * @param {?Object} handle A socket's handle
 * @return {Boolean} False, too, when the handle is no stub
 * @public
 */
function wasActive(handle) {
  const state = handle && handle[kState];

  if (!state) return false;

  const { bytesRead, bytesWritten } = state.connection.counts();
  const activity = bytesRead + bytesWritten;
  const active = activity !== state.activity;

  state.activity = activity;

  return active;
}

module.exports = { bind, connectionOf, install, isStub, shadowOf, wasActive };
