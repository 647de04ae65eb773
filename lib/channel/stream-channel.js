'use strict';

// How does a reactor without sockets work? The session is the same; what comes
// in is brought by a stream, and what goes out is written to it, all within the
// JavaScript call that caused it.

// Loaded for what it keeps alive.
require('../base/tick-shape');

const asyncContext = require('../base/async-context');
const { FdChannel } = require('./fd-channel');
const { FastBuffer } = require('./message-memory');
const { GONE, StreamInput } = require('./stream-input');
const { StreamState } = require('./stream-state');
const { INDEX } = require('./batch');

/** What the native side is told when the memory of small pieces is gone. */
const TRANSFERRED = 1;

/** The descriptor of a connection that has none. */
const NONE = -1;

/**
 * The reactor of all connections over streams.
 */
class StreamChannel extends FdChannel {
  /**
   * Create a channel.
   *
   * @param {Object} options What the native side needs to know
   */
  constructor(options) {
    super(options);

    this.incoming = new StreamInput(this);
    this.states = [];
    this.touched = [];
    /** The memory that small pieces of output share. */
    this.room = null;
    /** Bytes given to all streams. */
    this.bytesOut = 0;
    // The last flush comes with the end of the process, maybe within a handler.
    this.flush = (isLast) => {
      this.isScheduled = false;
      this.calls.flush();
      this.finish(isLast);
    };
  }

  /**
   * The functions the native side calls. It has a batch walked from there the first time.
   *
   * @return {Object} Those
   * @private
   */
  host() {
    const host = super.host();
    const { walk } = host;

    host.walk = (index, from = 0, ...scope) => {
      const stopped = walk(index, from, ...scope);

      this.incoming.inline.note(stopped - from, stopped < this.walker.end);
      return stopped;
    };
    return host;
  }

  /**
   * Has the reactor look at what is due.
   *
   * @private
   */
  turn() {
    this.incoming.turn();
    this.finish();
  }

  /**
   * Gives a connection to the reactor.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Object} config Its settings
   * @param {String} response What is sent first
   * @param {null} leftover Nothing: the stream brings everything
   * @param {StreamTransport} transport The stream
   * @private
   */
  attach(ws, config, response, leftover, transport) {
    super.attach(ws, config, response, leftover, NONE);
    this.states[ws._$id & INDEX] = new StreamState(ws, transport);
  }

  /**
   * As with ws, a stream keeps the process alive itself, unless the application tells it not to.
   *
   * @private
   */
  ref() {}

  /**
   * The counterpart.
   *
   * @private
   */
  unref() {}

  /**
   * The stream has brought something.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {(Uint8Array|Symbol)} [chunk] What; nothing is its end, `GONE` that of the stream
   * @private
   */
  input(ws, chunk) {
    if (ws._$channel !== this) return;

    this.incoming.add(this.states[ws._$id & INDEX], chunk);
    this.finish();
  }

  /**
   * All there is to write after an input.
   *
   * @param {Number} id The connection
   * @param {Number} at Where it begins in the memory that small pieces share
   * @param {Number} length Its length there
   * @private
   */
  answer(id, at, length) {
    if (this.output(id, 0, at, length) === TRANSFERRED) this.output(id, 0, this.native.copyPlaced(at, length));
  }

  /**
   * How much a stream was given and has not passed on.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} Bytes, as many as 32 bits can say
   * @private
   */
  backlogOf(ws) {
    const { done, given } = this.states[ws._$id & INDEX];

    return Math.min(given - done, 0xffffffff);
  }

  /**
   * The stream brings no more.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  eof(ws) {
    this.input(ws, undefined);
  }

  /**
   * The stream is gone. As with ws, our 'close' comes within its own.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  gone(ws) {
    this.input(ws, GONE);
  }

  /**
   * Tells the reactor that a stream is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  leave(ws) {
    super.terminate(ws);
  }

  /**
   * Something for a stream.
   *
   * @param {Number} id The connection
   * @param {Number} more 1 if this is not all for it
   * @param {(Uint8Array|Number)} [data] What to write, or where it begins in the
   *     memory that small pieces share; nothing is the end
   * @param {Number} [length] Its length there
   * @param {ArrayBuffer} [memory] That memory, the first time it is used
   * @return {Number} `TRANSFERRED` if that memory is gone, else 0
   * @private
   */
  output(id, more, data, length, memory) {
    if (memory !== undefined) this.room = memory;

    const state = this.states[id & INDEX];

    if (state === undefined || state.ws._$id !== id) return 0;
    if (!state.isTouched) {
      state.isTouched = true;
      this.touched.push(state);
    }

    if (data === undefined) {
      state.transport.end();
      return 0;
    }

    let bytes = data;

    if (typeof data === 'number') {
      // A stream has transferred it, with an earlier piece: this one comes again, in memory of its own.
      if (this.room.byteLength === 0) return TRANSFERRED;
      bytes = new FastBuffer(this.room, data, length);
    }

    state.given += bytes.length;
    this.bytesOut += bytes.length;
    state.transport.write(bytes, more === 1);
    return 0;
  }

  /**
   * Sends the slab at once, and what that gives the streams too.
   *
   * @private
   */
  offer() {
    this.calls.flush();
    this.finish(true);
  }

  /**
   * Gives the streams what was sent so far.
   *
   * @private
   */
  catchUp() {
    if (!this.slab.isEmpty) this.offer();
  }

  /**
   * The end of a flush.
   *
   * @param {Boolean} [isLast=false] Whether not to wait for a later one
   * @private
   */
  finish(isLast = false) {
    if ((this.walker.isWalking && !isLast) || this.touched.length === 0) return;

    const { touched } = this;

    this.touched = [];
    for (const state of touched) {
      state.isTouched = false;
      state.taken = state.ws._$sent;
      state.flushes.push(state.given, state.taken);
      state.transport.flushed();
      state.isStuck ||= state.transport.isStuck;
    }
  }

  /**
   * A stream has passed bytes on.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} bytes How many
   * @private
   */
  written(ws, bytes) {
    // Called by the native side when a slab with callbacks went out: the
    // streams will tell.
    if (ws === undefined || ws._$channel !== this) return;

    const state = this.states[ws._$id & INDEX];
    const { flushes } = state;

    state.done += bytes;
    while (flushes.length > 0 && flushes[0] <= state.done) {
      flushes.shift();
      state.written = flushes.shift();
    }

    this.settle(ws);
    if (state.isStuck && this.bufferedAmount(ws) === 0) {
      state.isStuck = false;
      this.native.passedOn(ws._$id);
      this.finish();
      asyncContext.run(ws._$resource, ws._$onDrain, ws);
    }
  }

  /**
   * Calls the callbacks of a WebSocket that are due.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  settle(ws) {
    if (ws._$channel === this) this.callbacks.settle(ws, this.states[ws._$id & INDEX].written);
  }

  /**
   * Tells how many bytes the stream has not passed on.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  bufferedAmount(ws) {
    const { taken, transport } = this.states[ws._$id & INDEX];

    return ws._$sent - taken + transport.writableLength;
  }

  /**
   * What the reactor has done. Writing is not its work here.
   *
   * @return {Object} The totals
   * @private
   */
  stats() {
    const stats = super.stats();

    return { ...stats, bytesOut: this.bytesOut, memory: stats.memory + this.incoming.bytes };
  }

  /**
   * Tells how many bytes wait because the stream has not passed them on, after
   * it was offered all there is.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  stuckAmount(ws) {
    this.offer();
    return this.bufferedAmount(ws);
  }

  /**
   * Drops the connection; what was sent before is offered to the stream.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  terminate(ws) {
    const { transport } = this.states[ws._$id & INDEX];

    this.catchUp();
    transport.destroy();
  }

  /**
   * Drops the connection.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  reset(ws) {
    this.terminate(ws);
  }

  /**
   * Stops reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  stopReading(ws) {
    this.states[ws._$id & INDEX].transport.pause();
  }

  /**
   * Starts reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  startReading(ws) {
    const { isWaiting, transport } = this.states[ws._$id & INDEX];

    transport.resume();
    if (isWaiting) transport.stop();
  }

  /**
   * A connection is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Buffer} last What the reactor has to say of it
   * @private
   */
  closed(ws, last) {
    const { transport } = this.states[ws._$id & INDEX];

    this.states[ws._$id & INDEX] = undefined;
    transport.destroy();
    super.closed(ws, last);
  }
}

module.exports = { StreamChannel };
