'use strict';

// What stands between client and HTTP/2 session while the body of the upgraded
// request is put in between? A Duplex over the socket. When the body is through
// it only passes on: a session cannot change what it stands on.

const { Duplex } = require('node:stream');

/** The connection as the session sees it. */
class H2cFilter extends Duplex {
  /**
   * @param {Duplex} carrier The socket, paused
   * @param {NativeHttp2Upgrade} h2c The native half, open
   */
  constructor(carrier, h2c) {
    super({ allowHalfOpen: false });

    this._carrier = carrier;
    /** The native half, until the body is through. */
    this._h2c = h2c;
    /** Whether what it has for the session will be given to it. */
    this._isFlushing = false;

    carrier.on('data', (bytes) => this._receive(bytes));
    carrier.on('end', () => this.push(null));
    // Without the error: the session may be gone, and then nobody would listen for it.
    carrier.on('error', () => this.destroy());
    carrier.on('close', () => this.destroy());
    this.push(h2c.takeOutput());
    carrier.pause();
  }

  /**
   * The client sent something.
   *
   * @param {Buffer} bytes It
   * @private
   */
  _receive(bytes) {
    if (this._h2c === null) {
      this._give(bytes);
      return;
    }

    const passed = this._h2c.clientSent(bytes);
    const answer = this._h2c.takeAnswer();

    if (answer.length > 0) this._carrier.write(answer);
    this._give(passed);
  }

  /**
   * Gives the session what it has to receive.
   *
   * @param {Buffer} bytes It
   * @private
   */
  _give(bytes) {
    if (this._h2c?.isReplayed) this._h2c = null;
    if (bytes.length > 0 && !this.push(bytes)) this._carrier.pause();
  }

  /**
   * Gives the session what there is room for, but not while it sends: that it cannot stand.
   *
   * @private
   */
  _flush() {
    if (this._isFlushing) return;

    this._isFlushing = true;
    setImmediate(() => {
      this._isFlushing = false;
      if (this._h2c !== null && !this.destroyed) this._give(this._h2c.takeOutput());
    });
  }

  /**
   * The session sends something.
   *
   * @param {Buffer} bytes It
   * @param {String} encoding Nothing
   * @param {Function} done Called when it is out
   * @private
   */
  _write(bytes, encoding, done) {
    const passed = this._h2c === null ? bytes : this._h2c.serverSent(bytes);

    if (this._h2c !== null) this._flush();
    if (passed.length > 0) this._carrier.write(passed, done);
    else done();
  }

  /**
   * The session sends several things.
   *
   * @param {Object[]} all `{ chunk, encoding }`
   * @param {Function} done Called when they are out
   * @private
   */
  _writev(all, done) {
    const bytes = Buffer.concat(all.map(({ chunk }) => chunk));

    this._write(bytes, 'buffer', done);
  }

  /** The session wants to read. @private */
  _read() {
    this._carrier.resume();
  }

  /**
   * The session has sent everything.
   *
   * @param {Function} done Called when that is out
   * @private
   */
  _final(done) {
    this._carrier.end(() => done());
  }

  /**
   * The session is through with it.
   *
   * @param {?Error} err Why
   * @param {Function} done Called with it
   * @private
   */
  _destroy(err, done) {
    this._carrier.destroy();
    done(err);
  }
}

/**
 * Makes a session over a filter tell the addresses of the connection.
 *
 * @param {Http2Session} session The session
 * @param {net.Socket} connection The connection
 * @private
 */
function lendAddresses(session, connection) {
  const { socket } = session;

  // What `remoteAddress` and its like look at; the session's stream has none of its own.
  socket._getpeername = () => connection._getpeername?.() ?? {};
  socket._getsockname = () => connection._getsockname?.() ?? {};
}

module.exports = { H2cFilter, lendAddresses };
