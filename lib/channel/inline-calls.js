'use strict';

// How is a reactor without sockets called? What comes of an input is walked here, within the call, and what there is to
// write comes back as a number: so a message costs two calls down and none up (src/binding/calls.rs).

const { GO_ON } = require('./walker');

/** A scope as one number, its bits inverted: batch, first event, end. */
const EVENT_BITS = 14;
const EVENT = 0x3fff;

/** A place as one number: where it begins, and its length. */
const LENGTH_BITS = 13;
const LENGTH = 0x1fff;

/** The number that stands for no connection. */
const NOBODY = 0xffffffff;

/**
 * The calls of one channel.
 */
class InlineCalls {
  /**
   * Create them.
   *
   * @param {Object} channel The channel
   */
  constructor(channel) {
    const { bring, settle, turn } = channel.calls;

    this.channel = channel;
    this.bring = bring;
    this.settle = settle;
    this.look = turn;
  }

  /**
   * A stream has brought something.
   *
   * @param {Number} id The connection
   * @param {(Uint8Array|undefined)} chunk What; nothing is the end
   * @param {Number} backlog How much the stream has not passed on
   * @private
   */
  input(id, chunk, backlog) {
    this.follow(id, this.bring(id, chunk, backlog));
  }

  /**
   * Has the reactor look at what is due.
   *
   * @private
   */
  turn() {
    this.follow(NOBODY, this.look());
  }

  /**
   * Does what there is to do.
   *
   * @param {Number} id Whose input it was
   * @param {Number} answer What the reactor has answered
   * @private
   */
  follow(id, answer) {
    while (answer < 0) answer = this.settle(id, this.walk(~answer));
    if (answer > 0) this.channel.answer(id, answer >>> LENGTH_BITS, answer & LENGTH);
  }

  /**
   * Walks a scope, over handlers that throw.
   *
   * @param {Number} scope The scope
   * @return {Number} Where the walk stopped
   * @private
   */
  walk(scope) {
    const { native, walker } = this.channel;
    const from = (scope >>> EVENT_BITS) & EVENT;
    const to = scope & EVENT;
    let index = scope >>> (2 * EVENT_BITS);

    // Each round gets behind at least one event, unless the stack is at its end.
    for (let round = from; round <= to; round++) {
      try {
        return walker.walk(index, from, to);
      } catch (err) {
        index = GO_ON;
        native.report(err);
      }
    }

    return to;
  }
}

module.exports = { InlineCalls };
