'use strict';

// How does a WebSocket run over something the engine cannot own: TLS, HTTP/2
// streams, Windows, any Duplex of a test? The same session, inline: chunks go
// to the stream channel as they come, and its output is written to the stream,
// corked once per flush.

const { CLOSE_RECEIVED } = require('../base/constants');
const { endAccepted, isStream } = require('../http2/stream');

/** On a stream: its transport. Listeners are shared, so they find it here. */
const kTransport = Symbol('kTransport');

/**
 * A stream, as the stream channel sees it.
 */
class StreamTransport {
  /**
   * Create a transport.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Object} channel The stream channel
   * @param {Duplex} socket The stream
   */
  constructor(ws, channel, socket) {
    this.ws = ws;
    this.channel = channel;
    this.socket = socket;
    this.leftover = null;
    this.isCorked = false;
    this.isPaused = false;
    this.isStarted = false;
    /** The lengths of the writes whose callbacks are due. */
    this.lengths = [];
    this.onWrite = null;
  }

  /**
   * How the bytes travel.
   *
   * @type {String}
   */
  get kind() {
    return 'stream';
  }

  /**
   * The bytes that the stream has not passed on yet.
   *
   * @type {Number}
   */
  get writableLength() {
    return this.socket.writableLength;
  }

  /**
   * Whether the stream holds more than it wants to. A stream that has passed everything on within the write says
   * afterwards too that it needs to drain.
   *
   * @type {Boolean}
   */
  get isStuck() {
    return this.socket.writableNeedDrain && this.socket.writableLength > 0;
  }

  /**
   * Starts reading. Not at once: whoever awaits the WebSocket has to come to
   * his listeners before the first message does.
   *
   * @param {(Buffer|null)} leftover What arrived behind the request
   * @private
   */
  open(leftover) {
    this.leftover = leftover;
    this.socket[kTransport] = this;
    this.socket.on('close', onClose);
    this.socket.on('error', onError);
    // Somebody has read from it until now, and nobody will until then.
    if (this.socket.readableFlowing) this.socket.pause();
    setImmediate(start, this);
  }

  /**
   * Writes output; several pieces go at the end of the flush.
   *
   * @param {Uint8Array} buffer The output
   * @param {Boolean} isMore Whether more follows
   * @private
   */
  write(buffer, isMore) {
    if (isMore && !this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
    }

    this.onWrite ??= (err) => written(this, err);
    this.lengths.push(buffer.length);
    this.socket.write(buffer, this.onWrite);
  }

  /**
   * The end of a flush.
   *
   * @private
   */
  flushed() {
    if (!this.isCorked) return;

    this.isCorked = false;
    this.socket.uncork();
  }

  /**
   * Ends our side after all output.
   *
   * @private
   */
  end() {
    const { socket, ws } = this;

    this.flushed();
    if (ws._$config.isServer && isStream(socket)) endAccepted(socket, (ws._$marks & CLOSE_RECEIVED) !== 0);
    else socket.end();
  }

  /**
   * Calls back when our side has ended, with all output out; never, if the connection breaks before.
   *
   * @param {Function} cb Called then
   * @private
   */
  whenFinished(cb) {
    if (this.socket.writableFinished) process.nextTick(cb);
    else this.socket.once('finish', cb);
  }

  /**
   * Ends the connection.
   *
   * @param {Error} [err] The reason
   * @private
   */
  destroy(err) {
    this.isPaused = false;
    this.socket.destroy(err);
  }

  /**
   * Stops reading.
   *
   * @private
   */
  pause() {
    this.isPaused = true;
    if (this.isStarted) this.socket.pause();
  }

  /**
   * Reads again.
   *
   * @private
   */
  resume() {
    this.isPaused = false;
    if (this.isStarted) this.socket.resume();
  }

  /**
   * The WebSocket has seen the end.
   *
   * @private
   */
  closed() {
    this.socket[kTransport] = undefined;
  }

  /**
   * The stream tells of its end itself.
   *
   * @private
   */
  release() {}
}

module.exports = { StreamTransport };

/**
 * Feeds what arrived behind the request, and lets the stream flow.
 *
 * @param {StreamTransport} transport The transport
 * @private
 */
function start(transport) {
  const { leftover, socket } = transport;

  transport.leftover = null;
  if (socket[kTransport] !== transport) return;

  transport.isStarted = true;
  socket.on('data', onData);
  socket.on('end', onEnd);
  if (leftover !== null) transport.channel.input(transport.ws, leftover);
  // A peer that had nothing more to say: 'end' was emitted when nobody listened.
  if (socket.readableEnded) transport.channel.eof(transport.ws);
  else if (transport.isPaused) socket.pause();
  else socket.resume();
}

/**
 * The listener of the stream's `'data'` event.
 *
 * @param {Buffer} chunk The chunk
 * @private
 */
function onData(chunk) {
  const transport = this[kTransport];

  if (transport !== undefined) transport.channel.input(transport.ws, chunk);
}

/**
 * The listener of the stream's `'end'` event.
 *
 * @private
 */
function onEnd() {
  const transport = this[kTransport];

  if (transport !== undefined) transport.channel.eof(transport.ws);
}

/**
 * The listener of the stream's `'error'` event. Not every Duplex destroys itself.
 *
 * @private
 */
function onError() {
  this.destroy();
}

/**
 * The listener of the stream's `'close'` event. What a paused stream still
 * holds was received before the end, so it is delivered before it.
 *
 * @private
 */
function onClose() {
  const transport = this[kTransport];

  if (transport === undefined) return;

  const { channel, leftover, ws } = transport;

  this.removeListener('close', onClose);
  this.removeListener('data', onData);
  this.removeListener('end', onEnd);
  if (leftover !== null) channel.input(ws, leftover);
  if (this.readableLength > 0) {
    const chunk = this.read();

    if (chunk !== null) channel.input(ws, chunk);
  }

  channel.gone(ws);
}

/**
 * A write has completed.
 *
 * @param {StreamTransport} transport The transport
 * @param {Error} [err] Why it failed
 * @private
 */
function written(transport, err) {
  const { channel, lengths, ws } = transport;
  const length = lengths.shift();

  // What could not be written is told at the end, with the reason.
  if (ws._$channel !== null && !err) channel.written(ws, length);
}
