'use strict';

// How is a WebSocket used as a Node.js stream? What is written to the Duplex is sent, messages come out of it, and
// either side slows the other one down.

const { Duplex } = require('stream');

const { CLOSED, CONNECTING } = require('../base/constants');

/** On a stream: its WebSocket and what it waits for. The listeners find it here. */
const kState = Symbol('kState');

/**
 * Wraps a WebSocket in a duplex stream.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} [options] Options of the `Duplex` constructor
 * @return {Duplex} The stream
 * @public
 */
function createWebSocketStream(ws, options) {
  const duplex = new Duplex({
    ...options,
    // The end of the WebSocket is the end of the stream, and comes when it comes.
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    destroy,
    final,
    read,
    write
  });

  duplex[kState] = {
    ws,
    /** The callback of `_final()`, until our side has ended. */
    onFinal: null,
    /** Whether the WebSocket is closing by itself. */
    hasFailed: false
  };

  ws.on('message', (data, isBinary) => onMessage(duplex, data, isBinary));
  ws.once('error', (err) => onWebSocketError(duplex, err));
  ws.once('close', () => onWebSocketClose(duplex));
  duplex.on('end', destroyWhenDone);
  duplex.on('finish', destroyWhenDone);
  duplex.on('error', onError);

  return duplex;
}

module.exports = { createWebSocketStream };

/**
 * A message goes to the reader, who may have had enough.
 *
 * @param {Duplex} duplex The stream
 * @param {*} data The message
 * @param {Boolean} isBinary Whether it is binary
 * @private
 */
function onMessage(duplex, data, isBinary) {
  const chunk = !isBinary && duplex.readableObjectMode ? data.toString() : data;

  if (!duplex.push(chunk)) duplex[kState].ws.pause();
}

/**
 * The WebSocket has failed. If it was open it closes by itself, with a close frame that the peer should get: it is not
 * terminated.
 *
 * @param {Duplex} duplex The stream
 * @param {Error} err The error
 * @private
 */
function onWebSocketError(duplex, err) {
  if (duplex.destroyed) return;

  duplex[kState].hasFailed = true;
  duplex.destroy(err);
}

/**
 * The WebSocket is closed: nothing more comes, and what was to be sent is out.
 *
 * @param {Duplex} duplex The stream
 * @private
 */
function onWebSocketClose(duplex) {
  if (duplex.destroyed) return;

  onFinished(duplex);
  duplex.push(null);
}

/**
 * Our side of the connection has ended, or never will: all that was written is done with.
 *
 * @param {Duplex} duplex The stream
 * @private
 */
function onFinished(duplex) {
  const { onFinal } = duplex[kState];

  duplex[kState].onFinal = null;
  if (onFinal !== null) onFinal();
}

/**
 * The listener of the stream's `'end'` and `'finish'` events: with both sides done nothing is left.
 *
 * @private
 */
function destroyWhenDone() {
  if (this.readableEnded && this.writableFinished && !this.destroyed) this.destroy();
}

/**
 * The listener of the stream's `'error'` event. An error that nobody else listens to is thrown.
 *
 * @param {Error} err The error
 * @private
 */
function onError(err) {
  this.removeListener('error', onError);
  this.destroy();
  if (this.listenerCount('error') === 0) this.emit('error', err);
}

/**
 * Waits for the WebSocket to be open.
 *
 * @param {Duplex} duplex The stream
 * @param {Function} then Called when it is
 * @return {Boolean} `true` if it will be called
 * @private
 */
function waitForOpen(duplex, then) {
  const { ws } = duplex[kState];

  if (ws.readyState !== CONNECTING) return false;

  ws.once('open', then);
  return true;
}

/**
 * The reader wants more.
 *
 * @this Duplex
 * @private
 */
function read() {
  const { ws } = this[kState];

  if (ws.isPaused) ws.resume();
}

/**
 * Sends a chunk.
 *
 * @this Duplex
 * @param {(Buffer|String)} chunk The chunk, text if strings are not decoded
 * @param {String} encoding Its encoding
 * @param {Function} callback Called when it was written
 * @private
 */
function write(chunk, encoding, callback) {
  if (waitForOpen(this, () => write.call(this, chunk, encoding, callback))) return;

  this[kState].ws.send(chunk, callback);
}

/**
 * All was written: starts the closing handshake. It is the peer's to end the connection then, and that may take its time.
 *
 * @this Duplex
 * @param {Function} callback Called when our side has ended
 * @private
 */
function final(callback) {
  if (waitForOpen(this, () => final.call(this, callback))) return;

  const state = this[kState];

  if (state.ws.readyState === CLOSED) {
    callback();
    return;
  }

  state.onFinal = callback;
  // A WebSocket of another package tells of its end only.
  state.ws._$link?.whenFinished(() => onFinished(this));
  state.ws.close();
}

/**
 * Ends the WebSocket; the stream's `'close'` follows that of the WebSocket.
 *
 * @this Duplex
 * @param {?Error} err The reason
 * @param {Function} callback Called when the reason can be told
 * @private
 */
function destroy(err, callback) {
  const { hasFailed, ws } = this[kState];

  if (ws.readyState === CLOSED) {
    callback(err);
    process.nextTick(emitClose, this);
    return;
  }

  let hasCalled = false;

  ws.once('error', (cause) => {
    hasCalled = true;
    callback(cause);
  });
  ws.once('close', () => {
    if (!hasCalled) callback(err);
    process.nextTick(emitClose, this);
  });

  if (!hasFailed) ws.terminate();
}

/**
 * Emits the `'close'` event.
 *
 * @param {Duplex} duplex The stream
 * @private
 */
function emitClose(duplex) {
  duplex.emit('close');
}
