'use strict';

// What does each reactor count? The names, for what has not counted anything yet.

/** Totals since the start, and what there is now. */
const FIGURES = [
  'connections',
  'attached',
  'messagesIn',
  'payloadIn',
  'messagesOut',
  'payloadOut',
  'bytesIn',
  'bytesOut',
  'receives',
  'sends',
  'polls',
  'turns',
  'starved',
  'batches',
  'queued',
  'wakes',
  'signals',
  'slabs',
  'switches',
  'busySwitches',
  'inflated',
  'deflated',
  'compressors',
  'memory'
];

/**
 * Nothing, but of everything.
 *
 * @return {Object} The figures, all 0
 * @private
 */
function nothing() {
  return Object.fromEntries(FIGURES.map((name) => [name, 0]));
}

module.exports = { nothing };
