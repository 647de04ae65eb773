'use strict';

// What does the reactor of streams know of each of them? What it was given, how much of that it has
// passed on, and what waits of that it has brought.

/**
 * What is known of a stream whose session runs inline.
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
    /** How much of what was sent the stream was given, and has passed on. */
    this.taken = 0;
    this.written = 0;
    /** Bytes given to the stream, and those it has passed on. */
    this.given = 0;
    this.done = 0;
    /** Pairs of `given` and `taken`, one per flush. */
    this.flushes = [];
    this.isTouched = false;
    this.isStuck = false;
    /** What waits of that it has brought: how many pieces, how many bytes, and when one was handed over last. */
    this.waiting = 0;
    this.bytes = 0;
    this.round = 0;
    /** It has stopped until that is handed over. */
    this.isWaiting = false;
  }
}

module.exports = { StreamState };
