'use strict';

// What does the stub answer, member by member? Every name that the prototype
// chain of Node's handles has is listed here; a test walks the chain of the
// running Node and fails on one that is missing.
//
// May use `node:os`, errors.js and stub-writes.js. The members ask the connection object, which
// the WebSocket's side supplies:
//
//   end(why, callback)   Node closes its side, called at most once. `why` is
//                          'destroy'  end now;
//                          'reset'    end now with a RST;
//                          'eof'      the peer's FIN was read before the
//                                     takeover: handle what is left over, flush
//                                     the output, then close.
//                        `callback` is called once, never synchronously, when
//                        the descriptor is closed: the socket's 'close' event
//                        is emitted in it.
//   shutdown()           `socket.end()`: a FIN behind what was sent.
//   write(bytes)         `socket.write()`: send bytes as they are. Returns 0 or
//                        -errno.
//   onPause(), onResume()
//                        `socket.pause()` and `socket.resume()`: nothing more is
//                        delivered, everything comes again. The latter returns
//                        whether the socket itself may flow.
//   ref(), unref(), hasRef()
//                        the connection's hold on the event loop.
//   option(name, ...)    a socket option on the real descriptor, with what Node
//                        passes: 'nodelay' (enable), 'keepalive' (enable, delay,
//                        interval, count; times in s, the last two as of Node
//                        24), 'tos' (value; without one it is returned). Returns
//                        0, the value or -errno; -EAGAIN for a value that cannot
//                        be read now.
//   counts()             { bytesRead, bytesWritten, queued } since the takeover;
//                        also answered after the end. `queued`: what the kernel
//                        has not taken, 0 when absent.

const { errno } = require('node:os').constants;

const { codedError } = require('../base/errors');
const { BROKEN_PIPE, kState, writes } = require('./stub-writes');

const NOT_SUPPORTED = -errno.ENOTSUP;
const AGAIN = -errno.EAGAIN;

/** `uv_shutdown` finished synchronously: Node waits for no completion. */
const FINISHED = 1;

/** Above this, a packed address is an IPv4 address mapped into IPv6. */
const MAPPED = 2 ** 48;

/** The symbol under which Node's handles refer to their socket. */
let ownerSymbol;

/**
 * The socket a handle belongs to.
 *
 * @param {Object} handle The stub
 * @return {(Duplex|undefined)} Its socket
 * @private
 */
function ownerOf(handle) {
  ownerSymbol ??= Object.getOwnPropertySymbols(handle).find((symbol) => symbol.description === 'owner_symbol');

  return handle[ownerSymbol];
}

/**
 * Does nothing: the value of members that have lost their meaning.
 *
 * @private
 */
function inert() {}

/**
 * Succeeds without doing anything.
 *
 * @return {Number} 0
 * @private
 */
function succeed() {
  return 0;
}

/**
 * Refuses what makes no sense on a socket that is connected already.
 *
 * @return {Number} -ENOTSUP
 * @private
 */
function refuse() {
  return NOT_SUPPORTED;
}

/**
 * Why Node lets go of its handle when the application did not ask for a reset.
 *
 * @param {?Duplex} socket The socket over the stub
 * @return {String} 'eof' or 'destroy'
 * @private
 */
function reasonToClose(socket) {
  return socket && socket.readableEnded && !socket.errored ? 'eof' : 'destroy';
}

/**
 * Ends the connection on behalf of the handle.
 *
 * @param {Object} handle The stub
 * @param {String} why See the head of this file
 * @param {Function} [callback] Node's, called with the handle as `this`
 * @private
 */
function end(handle, why, callback) {
  const state = handle[kState];

  state.closed = true;
  state.connection.end(why, () => {
    if (typeof callback === 'function') callback.call(handle);
  });
}

/**
 * Answers whoever wants to read from the handle itself, which is
 * `child.send(message, socket)`: a clean error, where native code would have
 * crashed on the closed handle.
 *
 * @param {?Duplex} socket The socket over the stub
 * @private
 */
function refuseToLeave(socket) {
  const server = socket && socket.server;

  // Node has taken the socket off the server's books just before; it stays.
  if (server && typeof server._connections === 'number') server._connections++;

  throw codedError('ERR_UPSHIFT_TAKEN', 'The socket was upgraded, its handle cannot be passed on');
}

/**
 * An address as Node tells it.
 *
 * @param {(Number|Object|null)} packed The address as the engine packs it (src/binding/descriptor.rs), or as it was told
 * @return {?Object} `{ address, family, port }`
 * @private
 */
function unpacked(packed) {
  if (typeof packed !== 'number') return packed;

  const isMapped = packed >= MAPPED;
  const rest = isMapped ? packed - MAPPED : packed;
  const host = Math.floor(rest / 65536);
  const dotted = [host >>> 24, (host >>> 16) & 255, (host >>> 8) & 255, host & 255].join('.');

  return {
    address: isMapped ? `::ffff:${dotted}` : dotted,
    family: isMapped ? 'IPv6' : 'IPv4',
    port: rest % 65536
  };
}

/**
 * The type of service that the application has chosen: Node keeps it on the socket.
 *
 * @param {?Duplex} socket The socket over the stub
 * @return {Number} It, 0 when it has chosen none
 * @private
 */
function chosenService(socket) {
  const symbol = Object.getOwnPropertySymbols(socket ?? {}).find(({ description }) => description === 'kSetTOS');
  const value = (symbol && socket[symbol]) ?? 0;

  // Linux keeps the bits of congestion control to itself.
  return process.platform === 'linux' ? value & ~3 : value;
}

/** Members that are functions, by name. */
const methods = {
  asyncReset: inert,
  bind: refuse,
  bind6: refuse,
  close(callback) {
    end(this, reasonToClose(ownerOf(this)), callback);
  },
  connect: refuse,
  connect6: refuse,
  fchmod: succeed,
  getAsyncContextFrameForDebuggingOnly: inert,
  getAsyncId() {
    return this[kState].asyncId;
  },
  getProviderType: succeed,
  getTypeOfService() {
    const value = this[kState].connection.option('tos');

    return value === AGAIN ? chosenService(ownerOf(this)) : value;
  },
  getpeername(out) {
    Object.assign(out, unpacked(this[kState].peer));
    return 0;
  },
  getsockname(out) {
    Object.assign(out, unpacked(this[kState].local));
    return 0;
  },
  hasPendingRead: () => false,
  hasRef() {
    return this[kState].connection.hasRef();
  },
  listen: refuse,
  open: refuse,
  readStart() {
    this.reading = true;
    return 0;
  },
  readStop() {
    this.reading = false;
    return 0;
  },
  ref() {
    this[kState].connection.ref();
  },
  reset(callback) {
    end(this, 'reset', callback);
    return 0;
  },
  setBlocking: succeed,
  setKeepAlive(enable, delay, interval, count) {
    return this[kState].connection.option('keepalive', enable, delay, interval, count);
  },
  setNoDelay(enable) {
    return this[kState].connection.option('nodelay', enable);
  },
  setPendingInstances: refuse,
  setSimultaneousAccepts: refuse,
  setTypeOfService(value) {
    return this[kState].connection.option('tos', value);
  },
  shutdown() {
    this[kState].connection.shutdown();
    return FINISHED;
  },
  unref() {
    this[kState].connection.unref();
  },
  useUserBuffer: inert,
  ...writes
};

/** Members that are accessors, by name: `get`, and `set` where there is one. */
const accessors = {
  _externalStream: { get: inert },
  bytesRead: {
    get() {
      const state = this[kState];

      return state.bytesRead + state.connection.counts().bytesRead;
    }
  },
  bytesWritten: {
    get() {
      const state = this[kState];

      return state.bytesWritten + state.connection.counts().bytesWritten;
    }
  },
  fd: { get: () => -1 },
  onread: {
    get: () => inert,
    set() {
      if (!this[kState].closed) refuseToLeave(ownerOf(this));
    }
  },
  owner: {
    get() {
      return ownerOf(this);
    }
  },
  writeQueueSize: {
    get() {
      return this[kState].connection.counts().queued || 0;
    }
  }
};

/** What is behind a stub without a connection: nothing that could be ended. */
const nothing = {
  counts: () => ({ bytesRead: 0, bytesWritten: 0 }),
  end: (why, callback) => setImmediate(callback),
  hasRef: () => false,
  onPause: inert,
  onResume: () => true,
  option: refuse,
  ref: inert,
  shutdown: inert,
  unref: inert,
  write: () => BROKEN_PIPE
};

module.exports = { accessors, kState, methods, nothing, refuse };
