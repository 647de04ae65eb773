'use strict';

// What does the net.Socket the application knows have to do with the connection
// once the engine owns its descriptor? This object stands between the two: the
// socket's stub asks it for everything a handle would do, and it tells the
// socket when the connection is gone.

const { HELD, OPEN } = require('../base/constants');
const { BROKEN_PIPE } = require('../takeover/stub-writes');

/** What a system call answers for a descriptor that is closed. */
const EBADF = -9;

/** What crosses with every raw write; the rest may go by reference, from this size on. */
const START = 14;
const COPIED = 8 * 1024;

const NO_COUNTS = Object.freeze({ bytesRead: 0, bytesWritten: 0 });

/**
 * The `connection` of a socket stub, over a channel.
 */
class SocketLink {
  /**
   * Create a link.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {(net.Socket|null)} socket Its socket, `null` when it is let go
   */
  constructor(ws, socket) {
    this.ws = ws;
    this.socket = socket;
    /** What comes up at the end. */
    this.tail = null;
  }

  /**
   * How the bytes travel.
   *
   * @type {String}
   */
  get kind() {
    return 'fd';
  }

  /**
   * The socket was destroyed, reset, or has seen the peer's FIN.
   *
   * @param {String} why `'destroy'`, `'reset'` or `'eof'`
   * @param {Function} cb Called when the descriptor has been released
   * @private
   */
  end(why, cb) {
    const { ws } = this;

    this.tail ??= new Tail();
    this.tail.onRelease = cb;

    if (this.tail.isReleased) setImmediate(() => this.release());
    else if (why === 'destroy') ws._$terminate();
    else if (why === 'reset') ws._$reset();

    // 'eof' needs nothing: the engine comes to the same FIN after what was received before it.
  }

  /**
   * The socket was ended, which is no closing handshake.
   *
   * @private
   */
  shutdown() {
    const { ws } = this;

    if (ws._$channel !== null) ws._$channel.halfClose(ws);
  }

  /**
   * Calls back when our side has ended, with all output out; never, if the connection breaks before.
   *
   * @param {Function} cb Called then
   * @private
   */
  whenFinished(cb) {
    this.tail ??= new Tail();
    this.tail.onFinish.push(cb);
    this.ws._$channel.watch(this.ws);
  }

  /**
   * Our side has ended.
   *
   * @private
   */
  finished() {
    for (const cb of this.tail.onFinish.splice(0)) cb();
  }

  /**
   * The application writes between the frames.
   *
   * @param {Buffer} bytes What it writes; the memory is its own again at once
   * @return {Number} 0, or a negated error number
   * @private
   */
  write(bytes) {
    const { ws } = this;

    if (ws._$channel === null || ws._readyState > OPEN) return BROKEN_PIPE;

    const start = bytes.subarray(0, START);
    const rest = bytes.length > COPIED ? Buffer.from(bytes.subarray(START)) : bytes.subarray(START);

    ws._$channel.sendRaw(ws, start, rest);
    return 0;
  }

  /**
   * The socket was paused.
   *
   * @private
   */
  onPause() {
    this.ws._$onPause();
  }

  /**
   * The socket was resumed.
   *
   * @return {Boolean} `true`: nothing comes through it
   * @private
   */
  onResume() {
    this.ws._$onResume();
    return true;
  }

  /**
   * The WebSocket was paused or resumed, and the socket says so when it is asked. Its own methods would do more than that,
   * for each message of a `for await`.
   *
   * @param {Boolean} isFlowing Whether it was resumed
   * @private
   */
  mirrorFlow(isFlowing) {
    const { socket } = this;

    if (socket === null) return;

    socket.readableFlowing = isFlowing;
    // It was paused by itself, too.
    if (isFlowing && socket.isPaused()) socket.resume();
  }

  /**
   * Let the connection keep the process alive.
   *
   * @private
   */
  ref() {
    if (this.ws._$channel !== null) this.ws._$channel.ref(this.ws);
  }

  /**
   * Do not let the connection keep the process alive.
   *
   * @private
   */
  unref() {
    if (this.ws._$channel !== null) this.ws._$channel.unref(this.ws);
  }

  /**
   * @return {Boolean} Whether the connection keeps the process alive
   * @private
   */
  hasRef() {
    return (this.ws._$marks & HELD) !== 0;
  }

  /**
   * Sets or reads a socket option.
   *
   * @param {String} name The name of the option
   * @param {...*} args Its value
   * @return {Number} 0, a value, or a negated error number
   * @private
   */
  option(name, ...args) {
    const { ws } = this;

    return ws._$channel === null ? EBADF : ws._$channel.option(ws, name, ...args);
  }

  /**
   * @return {Object} How many bytes the engine has read and written
   * @private
   */
  counts() {
    const { ws } = this;

    if (ws._$channel !== null) return ws._$channel.counts(ws);
    return this.tail?.counts ?? NO_COUNTS;
  }

  /**
   * The connection is gone: ends the socket, which nothing else would do.
   *
   * @param {Object} channel The channel the connection was on
   * @private
   */
  closed(channel) {
    const { socket } = this;

    if (socket === null) return;

    this.tail ??= new Tail();
    this.tail.counts = channel.counts(this.ws);
    if (!socket.destroyed) socket.destroy();
  }

  /**
   * The application knows that the connection is gone: completes the handle's `close()`, whereupon the socket emits its
   * own `'close'`.
   *
   * @private
   */
  release() {
    const { tail } = this;

    if (tail === null) return;

    const cb = tail.onRelease;

    tail.isReleased = true;
    tail.onRelease = null;
    if (cb !== null) cb();
  }
}

/**
 * What a link needs at its end only.
 */
class Tail {
  /**
   * Create it.
   */
  constructor() {
    /** Called when our side has ended. */
    this.onFinish = [];
    /** The callback of the handle's `close()`. */
    this.onRelease = null;
    this.isReleased = false;
    /** The byte counts of a connection that is gone. */
    this.counts = null;
  }
}

module.exports = { SocketLink };
