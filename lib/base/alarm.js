'use strict';

// When does JavaScript have to look at a reactor again, though nothing happened? There is one timer for the earliest
// moment, however often it is asked for: each output of a stream names the next deadline anew.

/** A timer that rings up to this much late is not set anew (ms). */
const TOLERANCE = 2;

/** The longest a timer of Node can wait (ms); after that it is set anew. */
const LONGEST = 2 ** 31 - 1;

/**
 * The alarm clock of a channel.
 */
class Alarm {
  /**
   * Create an alarm.
   *
   * @param {Function} ring Called when it is time
   */
  constructor(ring) {
    this.timer = null;
    this.due = Infinity;
    this.isSoon = false;
    this.onTime = () => {
      this.due = Infinity;
      ring();
    };
    this.onSoon = () => {
      this.isSoon = false;
      ring();
    };
  }

  /**
   * Rings after some time, or earlier if that was asked for.
   *
   * @param {Number} ms After how long; 0 is within the next turn of the event loop
   * @private
   */
  set(ms) {
    if (ms === 0) {
      if (!this.isSoon) setImmediate(this.onSoon);
      this.isSoon = true;
      return;
    }

    ms = Math.min(ms, LONGEST);

    const due = performance.now() + ms;

    if (due > this.due - TOLERANCE) return;

    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(this.onTime, ms).unref();
  }
}

module.exports = { Alarm };
