'use strict';

// When is what streams bring handed to their reactor? At once, until that was enough for one turn of the event loop. From
// then on it waits here, their ends with it, so that everything keeps its order; a stream that brings much stops until it
// is taken.

const { InlineCalls } = require('./inline-calls');

/** Stands for the end of a stream that is gone. */
const GONE = Symbol('gone');

/** A stream of which so much waits stops. */
const STOP_AT = 16 * 1024;

/**
 * The input of one channel.
 */
class StreamInput {
  /**
   * Create it.
   *
   * @param {StreamChannel} channel The channel
   */
  constructor(channel) {
    this.channel = channel;
    this.inline = new InlineCalls(channel, () => this.hold());
    /** The reactor has not done with what it was given, or something waits here. */
    this.isHolding = false;
    /** Pairs of what is known of a stream and what it has brought, oldest first. */
    this.entries = [];
    this.bytes = 0;
    /** Numbers the releases. */
    this.round = 0;
  }

  /**
   * A stream has brought something.
   *
   * @param {StreamState} state What is known of it
   * @param {(Uint8Array|Symbol|undefined)} what What; nothing is its end, `GONE` that of all
   * @private
   */
  add(state, what) {
    if (this.isHolding) this.keep(state, what);
    else this.bring(state.ws, what);
  }

  /**
   * Has the reactor look at what is due, then at what streams have brought meanwhile, as far as it goes in this turn.
   *
   * @private
   */
  turn() {
    const { inline } = this;

    inline.recover();
    try {
      inline.turn();
      if (this.entries.length > 0 && !inline.isTired) this.release();
    } finally {
      this.isHolding = false;
      if (inline.isTired || this.entries.length > 0) this.hold();
    }
  }

  /**
   * What streams bring waits from now on, until a turn gets to it.
   *
   * @private
   */
  hold() {
    this.isHolding = true;
    this.channel.alarm.set(0);
  }

  /**
   * Gives it to the reactor.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {(Uint8Array|Symbol|undefined)} what What the stream has brought
   * @private
   */
  bring(ws, what) {
    const { channel, inline } = this;

    if (what === GONE) {
      channel.leave(ws);
      if (channel.walker.isWalking) return;
      channel.flush();
      inline.turn();
      return;
    }

    // The connection has to be there before its input.
    if (!channel.slab.isEmpty) channel.calls.flush();

    inline.input(ws._$id, what, channel.backlogOf(ws));
  }

  /**
   * Keeps it.
   *
   * @param {StreamState} state What is known of the stream
   * @param {(Uint8Array|Symbol|undefined)} what What it has brought
   * @private
   */
  keep(state, what) {
    this.entries.push(state, what);
    state.waiting++;
    this.count(state, what, 1);
    // Whoever looks or sends in a handler now comes too late.
    if (what === GONE) state.ws._$onEnd();
    if (state.bytes < STOP_AT || what === GONE) return;

    state.isWaiting = true;
    state.transport.stop();
  }

  /**
   * Hands over what waits, oldest first, until it is enough. Each chunk of a stream has a turn of its own: the ticks that
   * it causes come before the next one.
   *
   * @private
   */
  release() {
    const { entries } = this;
    let done = 0;

    this.round++;
    this.entries = [];
    try {
      while (done < entries.length && !this.inline.isTired && entries[done].round !== this.round) {
        const state = entries[done];

        state.round = this.round;
        done += 2;
        this.handOver(state, entries[done - 1]);
      }
    } finally {
      if (done < entries.length) this.entries = entries.slice(done).concat(this.entries);
    }
  }

  /**
   * Hands over something that has waited.
   *
   * @param {StreamState} state What is known of the stream
   * @param {(Uint8Array|Symbol|undefined)} what What it has brought
   * @private
   */
  handOver(state, what) {
    const { transport, ws } = state;

    state.waiting--;
    this.count(state, what, -1);
    if (ws._$channel === this.channel) this.bring(ws, what);
    if (!state.isWaiting || state.waiting > 0) return;

    state.isWaiting = false;
    if (ws._$channel === this.channel && !transport.isPaused) transport.flow();
  }

  /**
   * Counts the bytes that wait.
   *
   * @param {StreamState} state What is known of the stream
   * @param {(Uint8Array|Symbol|undefined)} what What it has brought
   * @param {Number} sign 1 when it comes, -1 when it goes
   * @private
   */
  count(state, what, sign) {
    if (what === undefined || what === GONE) return;

    state.bytes += sign * what.length;
    this.bytes += sign * what.length;
  }
}

module.exports = { GONE, StreamInput };
