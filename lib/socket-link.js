'use strict';

// What does the net.Socket the application knows have to do with the connection
// once the engine owns its descriptor? This object stands between the two: the
// socket's stub asks it for everything a handle would do, and it tells the
// socket when the connection is gone.

/** What a system call answers for a descriptor that is closed. */
const EBADF = -9;

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
    this.held = true;
    this.isClosed = false;
    /** What is left of the handle's `close()`: its callback. */
    this.onRelease = null;
    /** The byte counts of a connection that is gone. */
    this.lastCounts = null;
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
    this.onRelease = cb;

    if (this.isClosed) setImmediate(() => this.release());
    else if (why === 'destroy') this.ws.terminate();
    else if (why === 'reset') this.ws._reset();

    // 'eof' needs nothing: the engine comes to the same FIN after what was
    // received before it.
  }

  /**
   * The socket was ended.
   *
   * @private
   */
  shutdown() {
    this.ws.close();
  }

  /**
   * Let the connection keep the process alive.
   *
   * @private
   */
  ref() {
    this.held = true;
    if (this.ws._channel !== null) this.ws._channel.ref(this.ws);
  }

  /**
   * Do not let the connection keep the process alive.
   *
   * @private
   */
  unref() {
    this.held = false;
    if (this.ws._channel !== null) this.ws._channel.unref(this.ws);
  }

  /**
   * @return {Boolean} Whether the connection keeps the process alive
   * @private
   */
  hasRef() {
    return this.held && !this.isClosed;
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

    return ws._channel === null ? EBADF : ws._channel.option(ws, name, ...args);
  }

  /**
   * @return {Object} How many bytes the engine has read and written
   * @private
   */
  counts() {
    const { ws } = this;

    if (ws._channel !== null) return ws._channel.counts(ws);
    return this.lastCounts ?? { bytesRead: 0, bytesWritten: 0 };
  }

  /**
   * The connection is gone: ends the socket, which nothing else would do.
   *
   * @param {Object} channel The channel the connection was on
   * @private
   */
  closed(channel) {
    const { socket } = this;

    if (socket !== null) {
      this.lastCounts = channel.counts(this.ws);
      if (!socket.destroyed) socket.destroy();
    }
  }

  /**
   * The application knows that the connection is gone: completes the handle's `close()`, whereupon the socket emits its
   * own `'close'`.
   *
   * @private
   */
  release() {
    const cb = this.onRelease;

    this.isClosed = true;
    this.onRelease = null;
    if (cb !== null) cb();
  }
}

module.exports = { SocketLink };
