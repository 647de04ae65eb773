'use strict';

// Which of several reactors takes the next connection? All of a kind are alike: those there may be are made first, then
// the one with the fewest connections takes it. A reactor has a number for so many connections and no more; when all are
// full there is another one.

/**
 * The reactors of one kind.
 */
class Reactors {
  /**
   * Create it; there is no reactor yet.
   *
   * @param {Function} start Starts a reactor with a number and returns its channel, or throws
   */
  constructor(start) {
    this.start = start;
    this.channels = [];
    /** How many there can be, as was found out. */
    this.possible = Infinity;
  }

  /**
   * The channel for one more connection.
   *
   * @param {Number} most How many reactors there may be before all are full
   * @return {FdChannel} The channel
   * @throws {Error} When there is none with room and none to be had
   * @private
   */
  take(most) {
    const least = this.emptiest();
    const isEnough = this.channels.length >= Math.min(most, this.possible);

    return least === null || least.isFull || !isEnough ? this.another(least) : least;
  }

  /**
   * The one with the fewest connections.
   *
   * @return {?FdChannel} Its channel; `null` when there is none
   * @private
   */
  emptiest() {
    let least = null;

    for (const channel of this.channels) {
      if (least === null || channel.connections < least.connections) least = channel;
    }

    return least;
  }

  /**
   * Starts one more.
   *
   * @param {?FdChannel} otherwise What has to do when that fails
   * @return {FdChannel} The channel
   * @throws {Error} When that one is full too, or there is none
   * @private
   */
  another(otherwise) {
    try {
      const channel = this.start(this.channels.length);

      this.channels.push(channel);
      return channel;
    } catch (err) {
      // Those there are have to do: each attempt costs.
      this.possible = this.channels.length;
      if (otherwise === null || otherwise.isFull) throw err;

      return otherwise;
    }
  }
}

module.exports = { Reactors };
