'use strict';

// Where do connections live that compress? On one reactor whose thread does all the work, whatever drives the others:
// nothing is compressed or inflated on the thread of JavaScript. Sockets are the reactor's as ever. Streams are
// JavaScript's: what they bring crosses as commands, and what is to be written to them comes back as events, so that
// everything keeps its order.

const asyncContext = require('../base/async-context');
const { FdChannel } = require('./fd-channel');
const { FIN, NOTIFY, VERB } = require('./slab');
const { INDEX } = require('./batch');

/** Events for streams. */
const OUTPUT = 11;
const FLUSHED = 12;
const TAKEN = 13;

/** The descriptor of a connection that has none. */
const NONE = -1;

/** What a stream brings crosses in pieces of at most this. */
const PIECE = 256 * 1024;
/** From here on the reactor is asked to tell when it has taken what a stream brought. */
const ASK_AT = 64 * 1024;
/** From here on the stream waits for that. */
const WAIT_AT = 256 * 1024;

/**
 * What is known of a stream.
 */
class StreamState {
  /**
   * Create it.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {StreamTransport} transport Its stream
   */
  constructor(ws, transport) {
    this.ws = ws;
    this.transport = transport;
    /** Bytes given to the stream, those it has passed on, and how much of what was sent these stand for. */
    this.given = 0;
    this.done = 0;
    this.written = 0;
    /** How much of what was sent it was given before it went. */
    this.taken = 0;
    this.isGone = false;
    /** Pairs of `given` and what had been sent by then, one per flush. */
    this.flushes = [];
    this.isStuck = false;
    /** Bytes brought that may not be taken yet, those of them brought since the reactor was asked, and whether it was. */
    this.brought = 0;
    this.later = 0;
    this.isAsked = false;
    this.isWaiting = false;
  }
}

/**
 * The reactor of all connections that compress.
 */
class DeflateChannel extends FdChannel {
  /**
   * Create a channel.
   *
   * @param {Object} options What the native side needs to know
   */
  constructor(options) {
    super(options);

    this.states = [];
    /** What was sent last is to be told, and is being told. */
    this.isAskedLast = false;
    this.isTellingLast = false;
    // The thread reads them when the caller may have changed or transferred them.
    this.slab.copiesPayloads = true;
  }

  /**
   * Gives a connection to the reactor.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Object} config Its settings
   * @param {String} response What is sent first
   * @param {(Uint8Array|null)} leftover What was received already
   * @param {(Number|StreamTransport)} target The descriptor, or the stream
   * @private
   */
  attach(ws, config, response, leftover, target) {
    const isSocket = typeof target === 'number';

    super.attach(ws, config, isSocket ? response : '', leftover, isSocket ? target : NONE);
    this.states[ws._$id & INDEX] = isSocket ? undefined : new StreamState(ws, target);
    // Whoever writes to the stream from now on writes behind the response.
    if (!isSocket && response !== '') this.told(ws, OUTPUT, Buffer.from(response, 'latin1'));
  }

  /**
   * What is known of a WebSocket's stream.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {(StreamState|undefined)} That; nothing for sockets
   * @private
   */
  stateOf(ws) {
    return this.states[ws._$id & INDEX];
  }

  /**
   * The stream has brought something.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Uint8Array} chunk What
   * @private
   */
  input(ws, chunk) {
    if (ws._$channel !== this) return;

    const state = this.stateOf(ws);
    const backlog = Math.min(state.given - state.done, 0xffffffff);

    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);

      this.slab.input(ws._$id, VERB.INPUT | this.ask(state, piece.length), backlog, piece);
    }

    if (state.brought >= WAIT_AT && !state.isWaiting) {
      state.isWaiting = true;
      state.transport.stop();
    }

    this.schedule();
  }

  /**
   * Counts what a stream brings.
   *
   * @param {StreamState} state What is known of it
   * @param {Number} length How much
   * @return {Number} The flag that asks the reactor to tell when it is taken, if it is time
   * @private
   */
  ask(state, length) {
    state.brought += length;
    if (state.isAsked) {
      state.later += length;
      return 0;
    }

    if (state.brought < ASK_AT) return 0;

    state.isAsked = true;
    state.later = 0;
    return NOTIFY;
  }

  /**
   * The stream brings no more.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  eof(ws) {
    if (ws._$channel !== this) return;

    this.slab.input(ws._$id, VERB.INPUT | FIN, 0, Buffer.alloc(0));
    this.schedule();
  }

  /**
   * The stream is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  gone(ws) {
    if (ws._$channel !== this) return;

    this.stateOf(ws).isGone = true;
    this.command(ws, VERB.LEAVE);
    if (this.backlog.has(ws)) this.backlog.release(ws);
  }

  /**
   * Something for a stream, or about a socket, whether its WebSocket takes messages now or not.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind What it is
   * @param {Buffer} data What it carries
   * @private
   */
  told(ws, kind, data) {
    const state = this.stateOf(ws);

    if (state === undefined) {
      super.told(ws, kind);
    } else if (kind === OUTPUT) {
      state.given += data.length;
      state.transport.write(data, false);
    } else if (kind === FLUSHED) {
      const sent = data.readDoubleLE(0);

      if (!state.isGone) state.taken = sent;
      state.flushes.push(state.given, sent);
      state.isStuck ||= state.transport.isStuck;
      if (data[8] === 1) state.transport.end();
    } else if (kind === TAKEN) {
      this.taken(ws, state);
    }
  }

  /**
   * The reactor has taken what a stream had brought when it was asked.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {StreamState} state What is known of it
   * @private
   */
  taken(ws, state) {
    state.isAsked = false;
    state.brought = state.later;
    if (!state.isWaiting) return;

    state.isWaiting = false;
    if (!state.transport.isPaused) state.transport.flow();
  }

  /**
   * A slab with callbacks went out, or a stream has passed bytes on.
   *
   * @param {WebSocket} [ws] The WebSocket of the stream
   * @param {Number} [bytes] How many
   * @private
   */
  written(ws, bytes) {
    if (ws === undefined) {
      super.written();
      return;
    }

    if (ws._$channel !== this) return;

    const state = this.stateOf(ws);
    const { flushes } = state;

    state.done += bytes;
    while (flushes.length > 0 && flushes[0] <= state.done) {
      state.written = flushes[1];
      flushes.splice(0, 2);
    }

    this.settle(ws);
    if (state.isStuck && state.given === state.done) {
      state.isStuck = false;
      this.command(ws, VERB.PASSED_ON);
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
    const state = this.stateOf(ws);

    if (state === undefined) super.settle(ws);
    else if (ws._$channel === this) this.callbacks.settle(ws, state.written);
  }

  /**
   * Tells how many bytes were sent that the kernel or the stream has not taken. What is not compressed yet counts as it
   * was given.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  bufferedAmount(ws) {
    const state = this.stateOf(ws);

    if (state === undefined) return super.bufferedAmount(ws);
    return ws._$sent - this.ledger.written(ws._$id & INDEX) + state.transport.writableLength;
  }

  /**
   * Tells how many bytes wait because the kernel or the stream would not take them.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  stuckAmount(ws) {
    return this.stateOf(ws) === undefined ? super.stuckAmount(ws) : this.bufferedAmount(ws);
  }

  /**
   * Sends all that was sent, that of streams too: what is compressed for them comes as events.
   *
   * @private
   */
  flushLast() {
    this.isAskedLast = true;
    // A stream may pass on what it is told within that, which has something to be sent again.
    if (this.isTellingLast) return;

    this.isTellingLast = true;
    while (this.isAskedLast) {
      this.isAskedLast = false;
      super.flushLast();
      this.walker.isOver = true;
      this.native.dispatchLast(this.walker.cursor);
    }

    this.isTellingLast = false;
  }

  /**
   * Sends the slab at once. What that gives the stream comes later.
   *
   * @private
   */
  catchUp() {
    if (!this.slab.isEmpty) this.offer();
  }

  /**
   * Stops reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  stopReading(ws) {
    this.stateOf(ws)?.transport.pause();
    super.stopReading(ws);
  }

  /**
   * Starts reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  startReading(ws) {
    const state = this.stateOf(ws);

    super.startReading(ws);
    if (state === undefined) return;

    state.transport.resume();
    if (state.isWaiting) state.transport.stop();
  }

  /**
   * A connection is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Buffer} last What the reactor has to say of it
   * @private
   */
  closed(ws, last) {
    const state = this.stateOf(ws);

    this.states[ws._$id & INDEX] = undefined;
    if (state === undefined) {
      super.closed(ws, last);
      return;
    }

    state.transport.destroy();
    super.closed(ws, last, state.taken);
  }
}

module.exports = { DeflateChannel };
