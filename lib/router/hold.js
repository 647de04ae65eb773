'use strict';

// How is a socket kept while somebody makes up their mind about it? Node has taken its own listeners off: an RST would end
// the process, a client that left would go unnoticed, and what it sends early would get lost or fill the memory.

const takeover = require('../takeover/takeover');
const { codedError } = require('../base/errors');

/** Codes of the reasons a wait ends early, with their texts. */
const REASONS = {
  ERR_UPSHIFT_SOCKET_CLOSED: 'The client left before the upgrade was decided',
  ERR_UPSHIFT_UPGRADE_TIMEOUT: 'The upgrade was not decided in time',
  ERR_UPSHIFT_ROUTER_CLOSED: 'The router was closed before the upgrade was decided'
};

/**
 * A socket that is kept. What arrived behind the request is put back into it, and from then on the stream buffers as much
 * as its high water mark says. An end behind that shows only if it is read: up to `early` bytes are, and put back as well.
 */
class Hold {
  /**
   * Create a `Hold`.
   *
   * @param {Duplex} socket The socket
   * @param {Buffer} head What arrived behind the request
   * @param {Object} options Options
   * @param {Number} [options.early=0] How much is read of what the client sends meanwhile. Its end is the end of the wait
   *     then, whatever it has sent before
   * @param {Number} options.timeout After how long it ends (ms); 0 for never
   */
  constructor(socket, head, { early = 0, timeout }) {
    const controller = new AbortController();

    takeover.guard(socket);
    // A slice of the parser's buffer pins 64 KiB.
    if (head?.length > 0) socket.unshift(Buffer.from(head));

    this.socket = socket;
    this.controller = controller;
    /** What was read, and how much may still be. */
    this.chunks = [];
    this.room = early;
    /** Aborted when the wait has become pointless; `signal.reason.code` says why. */
    this.signal = controller.signal;
    this.onGone = () => this.end('ERR_UPSHIFT_SOCKET_CLOSED');
    socket.on('end', this.onGone);
    socket.on('close', this.onGone);
    this.onData = (chunk) => this.hear(chunk);
    if (early > 0) socket.on('data', this.onData);
    this.timer = timeout > 0 ? setTimeout(() => this.end('ERR_UPSHIFT_UPGRADE_TIMEOUT'), timeout) : null;
  }

  /**
   * The client has sent something.
   *
   * @param {Buffer} chunk It
   * @private
   */
  hear(chunk) {
    this.chunks.push(chunk);
    this.room -= chunk.length;
    if (this.room <= 0) this.socket.pause();
  }

  /**
   * Ends the wait early.
   *
   * @param {String} code Why
   * @private
   */
  end(code) {
    this.release();
    this.controller.abort(codedError(code, REASONS[code]));
  }

  /**
   * Ends the wait: the socket goes to whoever it is for. Its 'error' listener stays.
   *
   * @public
   */
  release() {
    const { chunks, socket } = this;

    clearTimeout(this.timer);
    socket.removeListener('end', this.onGone);
    socket.removeListener('close', this.onGone);
    if (socket.listenerCount('data', this.onData) > 0) {
      socket.removeListener('data', this.onData);
      socket.pause();
      if (chunks.length > 0 && !socket.readableEnded) socket.unshift(Buffer.concat(chunks.splice(0)));
      // Neither flowing nor paused, as it was.
      socket.readableFlowing = null;
    }
  }
}

module.exports = { Hold };
