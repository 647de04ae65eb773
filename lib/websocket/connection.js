'use strict';

// What does a channel know of a WebSocket? This class: the fields it looks at and the methods it calls, always in the
// async context in which the WebSocket was made, in the order in which things arrived.

const EventEmitter = require('events');

const asyncContext = require('../base/async-context');
const { answerPing } = require('./auto-pong');
const { emitError } = require('./closing');
const { ownEmit } = require('../base/own-emit');
const { protocolError } = require('../base/errors');
const { configOf } = require('../base/options');
const {
  BINARY_TYPES,
  CAPTURES,
  CLOSED,
  CLOSE_RECEIVED,
  CLOSING,
  CONNECTING,
  DEFERRED,
  EMPTY_BUFFER,
  FAILED,
  OPEN,
  PAUSED,
  TERMINATED
} = require('../base/constants');

/**
 * The table of listeners. The one an EventEmitter makes for itself has no prototype, which V8 stores as a dictionary of
 * 200 bytes more.
 */
function Listeners() {}
Listeners.prototype = Object.create(null);

/**
 * The receiving side of a WebSocket. There are as many objects as there are connections, so it has few fields of its own
 * and no closures. Those that are not ws's begin with `_$`: applications keep things of their own on a WebSocket, `_id`
 * for one, and have methods of their own in classes that extend it.
 *
 * @extends EventEmitter
 */
class Connection extends EventEmitter {
  /**
   * Create a `Connection`.
   *
   * @param {Object} options The options, with their defaults filled in
   * @param {Boolean} isServer Whether it is an accepted one
   */
  constructor(options, isServer) {
    super();

    this._events = new Listeners();
    this._binaryType = BINARY_TYPES[0];
    this._$channel = null;
    this._$client = null;
    this._closeCode = 1006;
    this._closeMessage = EMPTY_BUFFER;
    this._$config = configOf(options, isServer, this._$isOwn('pong'));
    this._$flow = 0;
    this._$id = 0;
    this._$link = null;
    this._$marks = EventEmitter.captureRejections ? CAPTURES : 0;
    this._$memory = null;
    this._$outbox = null;
    this._$ownSender = null;
    this._protocol = '';
    this._readyState = CONNECTING;
    this._$resource = asyncContext.capture();
    this._$sent = 0;
    this._$server = null;
  }

  /**
   * The channel has taken the connection over, and the response is on its way.
   *
   * @private
   */
  _$onOpen() {
    this._readyState = OPEN;
    this.emit('open');
  }

  /**
   * A message has arrived. A single listener is called as Node's `emit()` would call it, without what that costs per
   * message: an array of the arguments and a look into a table that is different for every emitter.
   *
   * @param {(Buffer|ArrayBuffer|Buffer[]|Blob)} data The message
   * @param {Boolean} isBinary Whether it is binary
   * @private
   */
  _$onMessage(data, isBinary) {
    if (!this._$config.allowSynchronousEvents) {
      emitAlone(this, 'message', data, isBinary);
      return;
    }

    const listener = this._events.message;

    if (typeof listener === 'function' && this.emit === ownEmit && (this._$marks & CAPTURES) === 0) {
      listener.call(this, data, isBinary);
    } else {
      this.emit('message', data, isBinary);
    }
  }

  /**
   * A ping has arrived; the engine has answered it, unless that is left to us.
   *
   * @param {Buffer} data Its payload
   * @private
   */
  _$onPing(data) {
    if (this._$config.pongsByHand && this._readyState === OPEN) answerPing(this, data);
    if (this._$config.allowSynchronousEvents) this.emit('ping', data);
    else emitAlone(this, 'ping', data);
  }

  /**
   * A pong has arrived.
   *
   * @param {Buffer} data Its payload
   * @private
   */
  _$onPong(data) {
    if (this._$config.allowSynchronousEvents) this.emit('pong', data);
    else emitAlone(this, 'pong', data);
  }

  /**
   * The peer's close frame has arrived.
   *
   * @param {Number} code The status code, 1005 when there was none
   * @param {Buffer} reason The reason
   * @private
   */
  _$onPeerClose(code, reason) {
    this._$marks |= CLOSE_RECEIVED;
    this._closeCode = code;
    this._closeMessage = reason.length === 0 ? EMPTY_BUFFER : reason;

    if (code === 1005) this.close();
    else this.close(code, reason);
  }

  /**
   * The peer broke the protocol, and nothing more will be read from it.
   *
   * @param {String} code A `WS_ERR_*` code
   * @param {String} message What it did
   * @param {Number} closeCode The status code to close with, 0 when more pongs wait for it than may
   * @private
   */
  _$onError(code, message, closeCode) {
    if (closeCode === 0) {
      this.terminate();
      return;
    }

    this._$marks |= FAILED;
    this.close(closeCode);
    emitError(this, protocolError(code, message));
  }

  /**
   * The peer will send no more, without having closed the WebSocket.
   *
   * @private
   */
  _$onEnd() {
    this._readyState = CLOSING;
  }

  /**
   * What had been stuck has gone out.
   *
   * @private
   */
  _$onDrain() {
    this.emit('drain');
  }

  /**
   * The socket was paused, by itself or through this: as with ws, it is one state.
   *
   * @private
   */
  _$onPause() {
    if (this._$channel === null) return;

    this._$flow |= PAUSED;
    this._$channel.pause(this);
  }

  /**
   * The socket was resumed.
   *
   * @private
   */
  _$onResume() {
    if (this._$channel === null || (this._$flow & PAUSED) === 0) return;

    this._$flow &= ~PAUSED;
    if (this._$flow === 0) this._$channel.resume(this);
  }

  /**
   * The connection is gone.
   *
   * @private
   */
  _$onClosed() {
    const channel = this._$channel;

    this._readyState = CLOSED;
    this._$channel = null;
    this._$memory = null;
    if (this._$server !== null) this._$server._$forget(this);

    // As with ws: at 'close' the socket is destroyed already, and its own 'close' follows, whatever a listener does.
    this._$link.closed(channel);
    try {
      this.emitClose();
    } finally {
      this._$link.release();
      asyncContext.release(this._$resource);
    }
  }

  /**
   * Emits the `'close'` event.
   *
   * @private
   */
  emitClose() {
    this._readyState = CLOSED;
    this.emit('close', this._closeCode, this._closeMessage);
  }

  /**
   * Drops the connection.
   *
   * @private
   */
  _$terminate() {
    if (this._$channel === null) return;

    this._readyState = CLOSING;
    this._$flow |= TERMINATED;
    this._$channel.terminate(this);
  }

  /**
   * Ends the connection with an RST.
   *
   * @private
   */
  _$reset() {
    if (this._$channel === null) return;

    this._readyState = CLOSING;
    this._$flow |= TERMINATED;
    this._$channel.reset(this);
  }
}

module.exports = { Connection };

/**
 * Emits an event and keeps the next one back until the event loop has turned
 * once (`allowSynchronousEvents: false`). What a listener puts off by a turn
 * comes before it.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {...*} event The event
 * @private
 */
function emitAlone(ws, ...event) {
  ws._$flow |= DEFERRED;
  try {
    ws.emit(...event);
  } finally {
    setImmediate(undefer, ws);
  }
}

/**
 * Lets the next event through.
 *
 * @param {WebSocket} ws The WebSocket
 * @private
 */
function undefer(ws) {
  ws._$flow &= ~DEFERRED;
  if (ws._$flow === 0 && ws._$channel !== null) ws._$channel.resume(ws);
}
