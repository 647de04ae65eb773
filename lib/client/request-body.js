'use strict';

// How does the body of an upgrade request reach the server? What is there at once goes with the head. What comes bit by bit
// may not be through yet when the server switches, as servers do that look at the head only: the rest of it is then written
// to the socket itself, in the framing that the head has announced, because the request has to be complete before the
// connection is used for anything else (RFC 9110, section 7.8).

/** How long to wait for a server that was asked whether it wants the body at all (ms); as curl. */
const EXPECTING = 1000;

/**
 * The body of a request.
 */
class RequestBody {
  /**
   * Create a body.
   *
   * @param {http.ClientRequest} req The request
   * @param {(String|Uint8Array|AsyncIterable)} [source] What it consists of
   */
  constructor(req, source) {
    this.req = req;
    this.source = source;
    /** What takes the place of the request when the server has switched. */
    this.socket = null;
    /** Whether the rest of it is of no use. */
    this.isAbandoned = false;
    /** Whether the server was asked if it wants the body, and has not answered yet. */
    this.isExpecting = source != null && req.getHeader('expect') !== undefined;
    /** Ends the wait that is under way, if one is. */
    this.wake = () => {};
  }

  /**
   * Sends it.
   *
   * @return {Promise<void>} Resolved when all of it was written, or nobody wants it any more
   * @throws {*} What its source throws
   * @private
   */
  async send() {
    const { req, source } = this;

    if (this.isExpecting) {
      req.flushHeaders();
      await this.until(req, 'continue', EXPECTING);
      this.isExpecting = false;
    }

    if (this.isAbandoned) return;
    if (source == null || isComplete(source)) this.end(source);
    else await this.pump();
  }

  /**
   * Sends what comes bit by bit.
   *
   * @return {Promise<void>} Resolved when it was written
   * @throws {*} What its source throws
   * @private
   */
  async pump() {
    // The first part may take its time.
    this.req.flushHeaders();
    for await (const chunk of this.source) {
      if (this.isAbandoned) return;
      if (chunk.length !== 0 && !this.write(chunk)) await this.until(this.socket ?? this.req, 'drain');
    }

    if (!this.isAbandoned) this.end();
  }

  /**
   * Sends a part.
   *
   * @param {(String|Uint8Array)} chunk The part
   * @return {Boolean} Whether there may be more at once
   * @private
   */
  write(chunk) {
    const { req, socket } = this;

    if (socket === null) return req.write(chunk);
    if (!req.chunkedEncoding) return socket.write(chunk);

    socket.cork();
    socket.write(`${Buffer.byteLength(chunk).toString(16)}\r\n`);
    socket.write(chunk);
    socket.uncork();
    return socket.write('\r\n');
  }

  /**
   * Sends the end.
   *
   * @param {(String|Uint8Array)} [last] What is left
   * @private
   */
  end(last) {
    if (this.socket === null) {
      this.req.end(last);
      return;
    }

    if (last != null && last.length > 0) this.write(last);
    if (this.req.chunkedEncoding) this.socket.write('0\r\n\r\n');
  }

  /**
   * Waits for an event, or until something else has happened.
   *
   * @param {EventEmitter} emitter What emits it
   * @param {String} event Its name
   * @param {Number} [ms] How long to wait at most
   * @return {Promise<void>} Resolved then
   * @private
   */
  until(emitter, event, ms) {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.wake(), ms);

      this.wake = () => {
        clearTimeout(timer);
        emitter.removeListener(event, this.wake);
        resolve();
      };
      emitter.once(event, this.wake);
    });
  }

  /**
   * The server has switched: what is left goes to the socket.
   *
   * @param {Duplex} socket The socket
   * @private
   */
  moveTo(socket) {
    this.socket = socket;
    this.wake();
  }

  /**
   * The server has answered without switching. It may still read the body, unless it was asked whether it wants it.
   *
   * @private
   */
  answered() {
    if (this.isExpecting) this.abandon();
  }

  /**
   * Nobody wants the rest.
   *
   * @private
   */
  abandon() {
    const { source } = this;

    this.isAbandoned = true;
    this.wake();
    // Or it would wait for a part that nobody takes.
    if (typeof source?.destroy === 'function') source.destroy();
  }
}

/**
 * Tells whether all of a body is there.
 *
 * @param {*} body The body
 * @return {Boolean} Whether it is text or bytes
 * @private
 */
function isComplete(body) {
  return typeof body === 'string' || ArrayBuffer.isView(body);
}

module.exports = { RequestBody, isComplete };
