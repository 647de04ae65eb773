'use strict';

// How late is the event loop? The worst lateness of a 5 ms timer between two questions.

const { monitorEventLoopDelay } = require('perf_hooks');

const RESOLUTION_MS = 5;

/** One reader's own histogram: asking resets it. */
class LoopDelay {
  /** Starts to watch. */
  constructor() {
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.histogram.enable();
  }

  /**
   * @return {Number} The worst delay since the last call, in milliseconds
   * @public
   */
  worst() {
    const worst = this.histogram.max / 1e6 - RESOLUTION_MS;
    this.histogram.reset();
    return Number.isFinite(worst) ? Math.max(worst, 0) : 0;
  }

  /**
   * @public
   */
  stop() {
    this.histogram.disable();
  }
}

module.exports = LoopDelay;
