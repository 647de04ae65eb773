'use strict';

// What is known of a connection's bytes without a crossing? The reactor writes
// its totals here (src/engine/memory/ledger.rs), four doubles per connection.

/** Totals of a connection. */
const TOTALS = 4;
const WRITTEN = 0;
const BYTES_READ = 1;
const BYTES_WRITTEN = 2;
const REFUSED = 3;

/**
 * The totals of all connections of one reactor.
 */
class Ledger {
  /**
   * Create the view.
   *
   * @param {ArrayBuffer} memory The memory
   */
  constructor(memory) {
    this.totals = new Float64Array(memory);
  }

  /**
   * Forgets what a former connection has left.
   *
   * @param {Number} index The connection
   * @private
   */
  reset(index) {
    const at = index * TOTALS;

    for (let i = at; i < at + TOTALS; i++) this.totals[i] = 0;
  }

  /**
   * @param {Number} index The connection
   * @return {Number} How much of what it sent is out
   * @private
   */
  written(index) {
    return this.totals[index * TOTALS + WRITTEN];
  }

  /**
   * @param {Number} index The connection
   * @return {Boolean} Whether the kernel would not take all it was offered
   * @private
   */
  isBlocked(index) {
    return this.totals[index * TOTALS + REFUSED] > 0;
  }

  /**
   * @param {Number} index The connection
   * @param {Number} queued What the kernel has not taken
   * @return {Object} That, and the bytes read and written in all
   * @private
   */
  counts(index, queued) {
    const at = index * TOTALS;

    return { bytesRead: this.totals[at + BYTES_READ], bytesWritten: this.totals[at + BYTES_WRITTEN], queued };
  }
}

module.exports = { Ledger };
