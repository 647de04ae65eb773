'use strict';

// How is a reactor without sockets called? What comes of an input is walked here, within the call, and what there is to
// write comes back as a number: so a message costs two calls down and none up (src/binding/calls.rs).
//
// An input is as long as a stream likes, and libuv hands over those of all streams one after the other: what is walked
// within one turn of the event loop is bounded, and the rest is for a later one.

const { executionAsyncId } = require('async_hooks');

const { INDEX } = require('./batch');
const { EVENTS_PER_LOOK, GO_ON, PATIENCE } = require('./walker');

/** A scope as one number, its bits inverted: batch, first event, end. */
const EVENT_BITS = 14;
const EVENT = 0x3fff;

/** A place as one number: where it begins, and its length. */
const LENGTH_BITS = 13;
const LENGTH = 0x1fff;

/** Beside the event a walk stopped at: the rest is for a later turn. */
const ENOUGH = 1 << EVENT_BITS;

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
   * @param {Function} onTired Called when the rest is for a later turn of the event loop
   */
  constructor(channel, onTired) {
    const { bring, settle, turn } = channel.calls;

    this.channel = channel;
    this.bring = bring;
    this.settle = settle;
    this.look = turn;
    this.onTired = onTired;
    /** Nothing more is to be walked within this turn of the event loop. */
    this.isTired = false;
    /** How many events were walked in it, when to look at the clock, and when that was done first. */
    this.walked = 0;
    this.nextLook = EVENTS_PER_LOOK;
    this.begun = 0;
    this.restart = () => {
      this.walked = 0;
      this.nextLook = EVENTS_PER_LOOK;
      this.begun = 0;
    };
  }

  /**
   * In a new turn of the event loop there is as much time again.
   *
   * @private
   */
  recover() {
    this.isTired = false;
    this.restart();
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
    while (answer < 0) {
      const scope = ~answer;
      const from = (scope >>> EVENT_BITS) & EVENT;
      const to = scope & EVENT;
      const stopped = this.walk(scope >>> (2 * EVENT_BITS), from, to, this.isWithin(id));

      this.note(stopped - from, stopped < to);
      answer = this.settle(id, this.isTired ? stopped | ENOUGH : stopped);
    }

    if (answer > 0) this.channel.answer(id, answer >>> LENGTH_BITS, answer & LENGTH);
  }

  /**
   * Tells whether this is a scope of a connection's handle that was given the resource of its handlers.
   *
   * @param {Number} id The connection
   * @return {Boolean} `true` if it is
   * @private
   */
  isWithin(id) {
    const state = id === NOBODY ? undefined : this.channel.states[id & INDEX];

    return state !== undefined && state.transport.asyncId === executionAsyncId();
  }

  /**
   * Notes that events were walked.
   *
   * @param {Number} count How many
   * @param {Boolean} isRest Whether the walker gave way before the end of the scope
   * @private
   */
  note(count, isRest) {
    this.walked += count;
    if (isRest) this.tire();
    if (this.walked < this.nextLook || this.isTired) return;

    const now = performance.now();

    this.nextLook = this.walked + EVENTS_PER_LOOK;
    if (this.begun === 0) {
      this.begun = now;
      setImmediate(this.restart);
    } else if (now - this.begun > PATIENCE) {
      this.tire();
    }
  }

  /**
   * The rest is for a later turn.
   *
   * @private
   */
  tire() {
    this.isTired = true;
    this.onTired();
  }

  /**
   * Walks a scope, over handlers that throw.
   *
   * @param {Number} index The number of its batch
   * @param {Number} from Its first event
   * @param {Number} to Its end
   * @param {Boolean} isWithin As for `Walker.walk()`
   * @return {Number} Where the walk stopped
   * @private
   */
  walk(index, from, to, isWithin) {
    const { native, walker } = this.channel;

    // Each round gets behind at least one event, unless the stack is at its end.
    for (let round = from; round <= to; round++) {
      try {
        return walker.walk(index, from, to, undefined, isWithin);
      } catch (err) {
        index = GO_ON;
        isWithin = false;
        native.report(err);
      }
    }

    return to;
  }
}

module.exports = { InlineCalls };
