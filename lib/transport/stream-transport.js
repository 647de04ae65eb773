'use strict';

// How does a WebSocket run over something the engine cannot own: TLS, HTTP/2
// streams, Windows, any Duplex of a test? The same session, inline: chunks go
// to the stream channel as they come, and its output is written to the stream,
// corked once per flush.

const { CLOSE_RECEIVED } = require('../base/constants');
const { empty } = require('../base/async-context');
const { NONE, giveResource } = require('../base/handle-context');
const { endAccepted, isStream } = require('../http2/stream');
const { flowMethods, hidden } = require('../takeover/stream-flow');

/** On a stream: its transport. Listeners are shared, so they find it here. */
const kTransport = Symbol('kTransport');

/** What has the transport hear of `pause()` and `resume()`. */
const FLOW = hidden(flowMethods((socket) => socket[kTransport], Object.getPrototypeOf));

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
    /** The async id of the scopes in which its handle calls, if these have the resource of the WebSocket. */
    this.asyncId = NONE;
    this.leftover = null;
    this.isCorked = false;
    this.isPaused = false;
    this.isStarted = false;
    /** Whether it is this that makes the stream stop or flow, not the application. */
    this.isActing = false;
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
    // One that has methods of its own keeps them.
    if (!Object.hasOwn(this.socket, 'pause')) Object.defineProperties(this.socket, FLOW);
    this.socket.on('close', onClose);
    this.socket.on('error', onError);
    // Somebody has read from it until now, and nobody will until then.
    if (this.socket.readableFlowing) this.stop();
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
    // Somebody may count the calls.
    if (!this.socket.destroyed) this.socket.destroy(err);
  }

  /**
   * Stops reading.
   *
   * @private
   */
  pause() {
    this.isPaused = true;
    if (this.isStarted) this.stop();
  }

  /**
   * Reads again.
   *
   * @private
   */
  resume() {
    this.isPaused = false;
    if (this.isStarted) this.flow();
  }

  /**
   * Has the stream stop.
   *
   * @private
   */
  stop() {
    this.act(pause);
  }

  /**
   * Has the stream flow.
   *
   * @private
   */
  flow() {
    this.act(resume);
  }

  /**
   * Does something to the stream that the application might do as well.
   *
   * @param {Function} step What
   * @private
   */
  act(step) {
    this.isActing = true;
    try {
      step(this.socket);
    } finally {
      this.isActing = false;
    }
  }

  /**
   * The stream was paused: by the application, it may be.
   *
   * @private
   */
  onPause() {
    if (!this.isActing) this.ws._$onPause();
  }

  /**
   * The stream was resumed.
   *
   * @return {Boolean} Whether it may flow: not before somebody listens
   * @private
   */
  onResume() {
    if (!this.isActing) this.ws._$onResume();
    return this.isStarted;
  }

  /**
   * The WebSocket was paused or resumed, and with it the stream.
   *
   * @private
   */
  mirrorFlow() {}

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
  if (transport.ws._$resource === empty) transport.asyncId = giveResource(socket);
  transport.act(listen);
  socket.on('end', onEnd);
  if (leftover !== null) transport.channel.input(transport.ws, leftover);
  // A peer that had nothing more to say: 'end' was emitted when nobody listened.
  if (socket.readableEnded) transport.channel.eof(transport.ws);
  else if (transport.isPaused) transport.stop();
  else transport.flow();
}

/**
 * Stops a stream.
 *
 * @param {Duplex} socket The stream
 * @private
 */
function pause(socket) {
  socket.pause();
}

/**
 * Has a stream flow.
 *
 * @param {Duplex} socket The stream
 * @private
 */
function resume(socket) {
  socket.resume();
}

/**
 * Listens to what a stream brings, which has it flow, unless it was paused.
 *
 * @param {Duplex} socket The stream
 * @private
 */
function listen(socket) {
  socket.on('data', onData);
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
