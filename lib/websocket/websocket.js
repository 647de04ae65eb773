'use strict';

// What is a WebSocket to the application? The class with ws's methods and events. It decides nothing about the protocol:
// it checks arguments, keeps the ready state, and passes everything on to the channel it was attached to.

const deflate = require('../handshake/deflate');
const { sendClose, shutdownWhenDone } = require('./closing');
const { PrivateMembers } = require('./private-members');
const { makeAwaitable } = require('./message-iterator');
const { makeEnumerable, mixin } = require('./event-target');
const { sendControl, sendMessage } = require('./sending');
const { attach } = require('../transport/attach');
const { checkClose } = require('../codec/close-arguments');
const { ClientHandshake } = require('../client/client');
const { SessionHandshake } = require('../client/session-client');
const { clientArguments } = require('../client/request');
const { isSession } = require('../http2/session');
const { SERVER_DEFAULTS, configWith, limitsOf } = require('../base/options');
const {
  ASKED_TO_PAUSE,
  BINARY,
  BINARY_TYPES,
  CLOSED,
  CLOSING,
  CONNECTING,
  OPEN,
  PING,
  PONG,
  READY_STATES,
  TEXT
} = require('../base/constants');

/**
 * A WebSocket.
 *
 * @extends PrivateMembers
 */
class WebSocket extends PrivateMembers {
  /**
   * Create a new `WebSocket`: a client, unless there is no address.
   *
   * @param {(String|URL|null)} address The URL to connect to
   * @param {(String|String[])} [protocols] The subprotocols to offer
   * @param {Object} [options] Connection options, and those of `http.request()`
   * @throws {SyntaxError} If the address or a subprotocol is invalid
   */
  constructor(address, protocols, options) {
    if (address === null) {
      super(options ?? SERVER_DEFAULTS, true);
      return;
    }

    const asked = clientArguments(protocols, options);

    super(asked.options, false);

    const Handshake = isSession(asked.options.session) ? SessionHandshake : ClientHandshake;

    this._$client = new Handshake(this, asked.protocols, asked.options);
    this._$client.start(address);
  }

  /**
   * The form in which binary messages are delivered.
   *
   * @type {String}
   */
  get binaryType() {
    return this._binaryType;
  }

  /**
   * @param {String} type One of `BINARY_TYPES`; anything else is ignored
   */
  set binaryType(type) {
    if (BINARY_TYPES.includes(type)) this._binaryType = type;
  }

  /**
   * The number of bytes that were sent and that the operating system, or the
   * stream below, has not taken yet.
   *
   * @type {Number}
   */
  get bufferedAmount() {
    const queued = this._$outbox === null ? 0 : this._$outbox.bytes;

    if (this._$channel === null) return queued;
    return this._$channel.bufferedAmount(this) + queued;
  }

  /**
   * The negotiated extensions.
   *
   * @type {String}
   */
  get extensions() {
    return this._$config.deflate === null ? '' : deflate.NAME;
  }

  /**
   * @type {Boolean}
   */
  get isPaused() {
    return (this._$marks & ASKED_TO_PAUSE) !== 0;
  }

  /**
   * The negotiated subprotocol.
   *
   * @type {String}
   */
  get protocol() {
    return this._protocol;
  }

  /**
   * @type {Number}
   */
  get readyState() {
    return this._readyState;
  }

  /**
   * How the bytes travel: `'fd'` when the engine owns the socket, `'stream'`
   * when they pass through a Node.js stream.
   *
   * @type {(String|null)}
   */
  get transport() {
    return this._$link === null ? null : this._$link.kind;
  }

  /**
   * @param {*} value What an application keeps under that name, as it may with ws
   */
  set transport(value) {
    Object.defineProperty(this, 'transport', { configurable: true, enumerable: true, value, writable: true });
  }

  /**
   * The URL of a client; an accepted connection has none.
   *
   * @type {(String|undefined)}
   */
  get url() {
    return this._$client === null ? undefined : this._$client.url;
  }

  /**
   * Start the closing handshake.
   *
   * @param {Number} [code] Status code explaining why the connection is closing
   * @param {(String|Buffer)} [data] The reason why the connection is closing
   * @public
   */
  close(code, data) {
    if (this._readyState === CLOSED) return;
    if (this._readyState === CONNECTING) {
      if (this._$client !== null) this._$client.abort();
      return;
    }

    if (this._readyState === CLOSING) {
      shutdownWhenDone(this);
      return;
    }

    const reason = checkClose(code, data);

    this._readyState = CLOSING;
    if (this._$outbox === null) sendClose(this, code, reason);
    else this._$outbox.close(code, reason);
  }

  /**
   * Stop delivering messages.
   *
   * @public
   */
  pause() {
    if (this._$channel === null) return;

    this._$marks |= ASKED_TO_PAUSE;
    this._$onPause();
    this._$link.mirrorFlow(false);
  }

  /**
   * Send a ping.
   *
   * @param {*} [data] The data to send
   * @param {Boolean} [mask] Whether to mask it
   * @param {Function} [cb] Called when the ping was written
   * @public
   */
  ping(data, mask, cb) {
    sendControl(this, PING, data, mask, cb);
  }

  /**
   * Send a pong.
   *
   * @param {*} [data] The data to send
   * @param {Boolean} [mask] Whether to mask it
   * @param {Function} [cb] Called when the pong was written
   * @public
   */
  pong(data, mask, cb) {
    sendControl(this, PONG, data, mask, cb);
  }

  /**
   * Deliver messages again.
   *
   * @public
   */
  resume() {
    if (this._$channel === null) return;

    this._$marks &= ~ASKED_TO_PAUSE;
    this._$onResume();
    this._$link.mirrorFlow(true);
  }

  /**
   * Send a message.
   *
   * @param {*} data The message
   * @param {Object} [options] Options object
   * @param {Boolean} [options.binary] Whether `data` is binary or text
   * @param {Boolean} [options.compress=true] Whether to compress `data`, where
   *     that was negotiated
   * @param {Boolean} [options.fin=true] Whether this is the last fragment
   * @param {Boolean} [options.mask=false] Whether to mask `data`
   * @param {Function} [cb] Called when `data` was written
   * @public
   */
  send(data, options, cb) {
    // The usual calls, without a detour: no callback, no Blob on its way, at most `{ binary }`.
    const { isServer, maxBackpressure } = this._$config;

    if (
      cb === undefined &&
      this._readyState === OPEN &&
      this._$outbox === null &&
      maxBackpressure === 0 &&
      (options === undefined || isPlain(options))
    ) {
      const isText = typeof data === 'string';

      if (isText || data instanceof Uint8Array) {
        let opcode = isText ? TEXT : BINARY;

        if (options !== undefined && 'binary' in options) opcode = options.binary ? BINARY : TEXT;
        this._$channel.send(this, data, opcode, true, !isServer);
        return;
      }
    }

    sendMessage(this, data, options, cb);
  }

  /**
   * Run over a stream whose opening handshake somebody else has made.
   *
   * @param {Duplex} socket The stream
   * @param {Buffer} head What arrived behind the handshake
   * @param {Object} options Limits, which are none by default, and `generateMask`
   * @private
   */
  setSocket(socket, head, options) {
    this._$config = configWith(this._$config, limitsOf(options, this._$config, this._$isOwn('pong')));
    attach(this, { req: null, socket, head }, '', options, {
      onFail: () => socket.destroy(),
      onOpen() {}
    });
  }

  /**
   * Close the connection without a closing handshake.
   *
   * @public
   */
  terminate() {
    if (this._readyState === CONNECTING && this._$client !== null) this._$client.abort();
    else this._$terminate();
  }

  /**
   * Whether a method is not what it is here: a class that extends this one has another, or somebody has replaced it.
   *
   * @param {String} name `'pong'` or `'setSocket'`
   * @return {Boolean} `true` if it is not
   * @private
   */
  _$isOwn(name) {
    return this[name] !== METHODS[name];
  }
}

/** Methods that are not called where they are what they are here. */
const METHODS = { pong: WebSocket.prototype.pong, setSocket: WebSocket.prototype.setSocket };

/**
 * Tells whether the options of `send()` ask for nothing but a type.
 *
 * @param {(Object|Function)} options The options
 * @return {Boolean} `true` if they do
 * @private
 */
function isPlain(options) {
  return (
    typeof options === 'object' &&
    options !== null &&
    !('fin' in options) &&
    !('mask' in options) &&
    !('compress' in options)
  );
}

for (const [value, name] of READY_STATES.entries()) {
  Object.defineProperty(WebSocket, name, { enumerable: true, value });
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value });
}

makeEnumerable(WebSocket, [
  'binaryType',
  'bufferedAmount',
  'extensions',
  'isPaused',
  'protocol',
  'readyState',
  'transport',
  'url'
]);
mixin(WebSocket);
makeAwaitable(WebSocket);

module.exports = WebSocket;
