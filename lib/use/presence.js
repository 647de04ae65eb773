'use strict';

// Is the client still there while middleware makes up its mind? Node has taken its listeners off with the parser: nobody
// reads any more, so an end would go unnoticed, and nobody tells the request that it has become pointless. Both are done
// here as Node does them for an ordinary request: the end of a client's half is the end, whatever it has sent before.

const { Hold } = require('../router/hold');
const { isStream } = require('../http2/stream');

/** How much is read of what the client sends meanwhile, so that its end behind that shows. */
const EARLY = 64 * 1024;

/**
 * A watch over the client of an unanswered request.
 */
class Presence {
  /**
   * Create a watch.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket Its socket, to which no response is assigned yet: the request is told first
   */
  constructor(req, socket) {
    this.req = req;
    this.socket = socket;
    this.hold = null;
    this.onClose = () => this.leave();
    socket.on('close', this.onClose);
    // Middleware that is through at once, or soon, needs no reading.
    this.immediate = setImmediate(() => this.read());
  }

  /**
   * Reads, so that an end shows.
   *
   * @private
   */
  read() {
    if (this.socket.destroyed) return;

    this.hold = new Hold(this.socket, null, { early: EARLY, timeout: 0 });
    this.hold.signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /**
   * The client has ended its half: so do we, and with both the connection is closed.
   *
   * @private
   */
  end() {
    const { socket } = this;

    if (socket.server?.httpAllowHalfOpen) return;

    // The end of a stream without a head would be one that says 200.
    if (isStream(socket)) socket.destroy();
    else socket.end();
  }

  /**
   * The client has gone.
   *
   * @private
   */
  leave() {
    this.stop();
    this.req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  }

  /**
   * Watches no longer: what was read is put back.
   *
   * @public
   */
  stop() {
    clearImmediate(this.immediate);
    this.socket.removeListener('close', this.onClose);
    this.hold?.release();
    this.hold = null;
  }
}

module.exports = { Presence };
