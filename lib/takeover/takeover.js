'use strict';

// Who moves the bytes of an upgraded socket from now on: the engine, on a
// duplicate of its descriptor, or JavaScript, on the Duplex as it is? This file
// decides it per socket and owns the order of the steps. The order is the
// content: each step says what happens when it comes later.
//
// May use `node:*`, native.js and the files beside it. It does not look at headers, writes
// nothing and answers nobody; in the order in which a handshake needs them:
//
//   guard(socket)              at once, before anything is awaited
//   isTaken(socket)            is it ours already?
//   checkFree(socket)          it must not be
//   settle(req, socket, done)  wait until it may be written to; for refusals,
//                              since `take` does so by itself
//   take(req, socket, head, options)
//   hand(req, socket, head, done)  instead of `take`, for a protocol that somebody else speaks

const net = require('node:net');

const { codedError } = require('../base/errors');
const { isPlain } = require('./plain-socket');
const { privateSymbol } = require('./private-symbols');
const { bind, install, isStub } = require('./socket-stub');
const { GONE, settle, stopReading } = require('./unfinished-response');
const { watch } = require('./taken-socket');

/** One set per process: two installed copies and vm contexts agree on it. */
const TAKEN = Symbol.for('upshift.taken');

/** Whether libuv was asked to use io_uring; it looks once, at the start. */
const RING = process.env.UV_USE_IO_URING;
const [major, minor] = process.versions.node.split('.').map(Number);
/** Node.js 20 used it unasked at first. Without it, closing a descriptor takes it out of libuv's readiness set. */
const HAS_RING = (Boolean(RING) && RING !== '0') || (major === 20 && minor < 12);

/** Where the engine notes the addresses of a descriptor it takes. */
const ends = new Float64Array(2);

let native;

/**
 * The engine's functions, loaded when the first socket is taken.
 *
 * @return {Object} The binding
 * @private
 */
function binding() {
  native ??= require('../base/native');

  return native;
}

/**
 * Keeps an error of the socket from ending the process. Nothing else has to be
 * done about it: 'close' follows.
 *
 * @private
 */
function onSocketError() {}

/**
 * Attaches the 'error' listener that Node has taken off before 'upgrade'.
 *
 * @param {Duplex} socket The socket
 * @public
 */
function guard(socket) {
  if (socket.listenerCount('error', onSocketError) === 0) socket.on('error', onSocketError);
}

/**
 * Takes the 'error' listener off again: the socket is somebody else's after all.
 *
 * @param {Duplex} socket The socket
 * @public
 */
function unguard(socket) {
  socket.removeListener('error', onSocketError);
}

/**
 * The sockets of this process that are taken and have no stub: streams, and those that wait for an earlier response.
 *
 * @return {WeakSet} The set
 * @private
 */
function takenSockets() {
  if (!process[TAKEN]) {
    Object.defineProperty(process, TAKEN, { value: new WeakSet() });
  }

  return process[TAKEN];
}

/**
 * Whether a socket was taken before. Never asked of a descriptor: the kernel
 * gives the numbers out again.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} True when it was
 * @public
 */
function isTaken(socket) {
  return isStub(socket._handle) || takenSockets().has(socket);
}

/**
 * Refuses a socket that was taken before.
 *
 * @param {Duplex} socket The socket
 * @throws {Error} `ERR_UPSHIFT_TAKEN` when it was
 * @public
 */
function checkFree(socket) {
  if (isTaken(socket)) throw taken();
}

/**
 * @return {Error} The error for whoever wants a socket that was taken before
 * @public
 */
function taken() {
  return codedError('ERR_UPSHIFT_TAKEN', 'The socket was upgraded before: its request cannot be answered again');
}

/**
 * Whether a closed descriptor leaves libuv's readiness set although we hold a
 * duplicate. It does everywhere but with io_uring, where it must be taken out by
 * hand, and the loop spins if that is impossible.
 *
 * @return {Boolean} True when the descriptor may be taken
 * @private
 */
function canForget() {
  return !HAS_RING || binding().forgetDescriptor(-1) === 0;
}

/**
 * Clears the timeouts of HTTP and sends small frames at once. The end of an
 * earlier response has set the keep-alive timeout, hence not before `settle`.
 *
 * @param {Duplex} socket The socket
 * @private
 */
function tune(socket) {
  if (typeof socket.setTimeout === 'function') socket.setTimeout(0);
  if (typeof socket.setNoDelay === 'function') socket.setNoDelay();
}

/**
 * Whether the application has paused a socket since the 'upgrade' event, for which Node has set this to null.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} True when it is to stay so until somebody resumes it
 * @private
 */
function isHeld(socket) {
  return socket.readableFlowing === false && socket.listenerCount('readable') === 0;
}

/**
 * The bytes that arrived behind the request: those the HTTP parser left over,
 * then those the stream has buffered since.
 *
 * @param {net.Socket} socket A socket over a stub
 * @param {Buffer} head What came with 'upgrade'
 * @return {?Buffer} A copy, which pins nothing; null when there are none
 * @private
 */
function drain(socket, head) {
  const chunks = [];

  if (head && head.length > 0) chunks.push(head);

  while (socket.readableLength > 0) {
    const chunk = socket.read();

    if (chunk === null) break;
    chunks.push(chunk);
  }

  return chunks.length > 0 ? Buffer.concat(chunks) : null;
}

/**
 * Drops what HTTP has left on a socket that is to live for long.
 *
 * @param {net.Socket} socket A socket over a stub
 * @private
 */
function slim(socket) {
  const { prototype } = net.Socket;

  // Deleting the server's wrappers, a closure each, would turn the socket into a dictionary.
  if (socket.on !== prototype.on) socket.on = prototype.on;
  if (socket.addListener !== prototype.addListener) socket.addListener = prototype.addListener;
  if (socket.prependListener !== prototype.prependListener) socket.prependListener = prototype.prependListener;

  if (socket._peername) socket._peername = null;
  if (socket._sockname) socket._sockname = null;

  const timer = privateSymbol(socket, 'timeout');

  if (timer && socket[timer]) socket[timer] = null;
}

/**
 * Takes the descriptor. One synchronous turn: in between, libuv must not run.
 *
 * @param {net.Socket} socket The socket
 * @param {Buffer} head What came with 'upgrade'
 * @return {?Object} The result; null when nothing was changed
 * @private
 */
function takeDescriptor(socket, head) {
  const handle = socket._handle;
  const isPaused = isHeld(socket);
  const own = handle.fd;
  const fd = binding().takeDescriptor(own, ends);

  // Out of descriptors: the socket goes on as a Duplex.
  if (fd < 0) return null;

  stopReading(socket);
  // With Node's descriptor still open: afterwards nobody could name the entry.
  if (HAS_RING) binding().forgetDescriptor(own);
  install(handle, ends);
  watch(socket);

  // Only now: `read()` starts reading again, which is the stub's by now.
  const leftover = drain(socket, head);

  slim(socket);

  return { kind: 'fd', fd, isPaused, leftover, stub: handle };
}

/**
 * The result for a socket that stays with JavaScript.
 *
 * @param {Duplex} socket The socket
 * @param {Buffer} head What came with 'upgrade'
 * @return {Object} The result
 * @private
 */
function keepDuplex(socket, head) {
  takenSockets().add(socket);

  // A slice of the parser's buffer pins 64 KiB.
  const leftover = head && head.length > 0 ? Buffer.from(head) : null;

  return { kind: 'stream', duplex: socket, isPaused: isHeld(socket), leftover };
}

/**
 * Hands a taken descriptor over.
 *
 * @param {net.Socket} socket The socket over the stub
 * @param {Object} result What `takeDescriptor` returned
 * @param {Object} options Options of `take`
 * @private
 */
function deliver(socket, result, options) {
  // A 'data' listener of the application has ended it during the drain.
  if (socket.destroyed || !socket.writable) {
    binding().closeDescriptor(result.fd);
    options.onFail(new Error(GONE));
    return;
  }

  if (!options.releaseSocket) bind(result.stub, options.connection);
  options.onReady(result);
  // Its stub has nothing behind it, and ends nothing.
  if (options.releaseSocket) socket.destroy();
}

/**
 * Takes a socket over from Node: synchronously, unless an earlier response is
 * still unfinished on it.
 *
 * @param {http.IncomingMessage} req The upgrade request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it
 * @param {Object} options Options
 * @param {Object} options.connection The stub's other end, see stub-members.js
 * @param {Function} [options.isPossible] Asked last, whether there is an engine
 *     to take the descriptor
 * @param {Function} options.onFail `onFail(err)`: the socket was closed first
 * @param {Function} options.onReady `onReady(result)`: attach it now, in this
 *     turn. `{ kind: 'fd', fd, isPaused, leftover, stub }`: the descriptor is the
 *     receiver's; `{ kind: 'stream', duplex, isPaused, leftover }`: what the
 *     Duplex has buffered is still in it
 * @param {Boolean} [options.releaseSocket=false] Let the Socket go once the
 *     engine has the descriptor
 * @param {String} [options.transport='auto'] 'auto', 'fd' or 'stream'; a socket
 *     without a descriptor of its own, or with methods of its own, is a stream under each
 * @return {Boolean} Whether `onReady` or `onFail` was called already
 * @throws {Error} `ERR_UPSHIFT_TAKEN` when the socket was taken before
 * @public
 */
function take(req, socket, head, options) {
  const { isPossible = () => true } = options;

  guard(socket);
  checkFree(socket);

  const isSettled = settle(req, socket, (err) => {
    if (err || !socket.readable) {
      options.onFail(err || new Error(GONE));
      return;
    }

    tune(socket);

    const fits = options.transport !== 'stream' && isPlain(socket) && canForget();
    const result = fits && isPossible() ? takeDescriptor(socket, head) : null;

    if (result) deliver(socket, result, options);
    else options.onReady(keepDuplex(socket, head));
  });

  if (!isSettled) takenSockets().add(socket);
  return isSettled;
}

/**
 * Makes a socket what somebody expects who speaks a protocol by themselves: Node's own, with all that arrived in it,
 * without the timeouts of HTTP, and safe from errors that nobody listens to. Synchronously, as `take`.
 *
 * @param {http.IncomingMessage} req The upgrade request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it
 * @param {Function} done `done(err)`: write the 101 now; `err` when the socket was closed first
 * @throws {Error} `ERR_UPSHIFT_TAKEN` when the socket was taken before
 * @public
 */
function hand(req, socket, head, done) {
  guard(socket);
  checkFree(socket);

  const isSettled = settle(req, socket, (err) => {
    if (err || !socket.readable) {
      done(err || new Error(GONE));
      return;
    }

    tune(socket);
    takenSockets().add(socket);
    // A slice of the parser's buffer pins 64 KiB.
    if (head && head.length > 0) socket.unshift(Buffer.from(head));
    done(null);
  });

  if (!isSettled) takenSockets().add(socket);
}

module.exports = { checkFree, guard, hand, isTaken, settle, take, taken, unguard };
