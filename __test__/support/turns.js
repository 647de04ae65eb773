'use strict';

// How much happens within one turn of the event loop? Counted, not timed: a busy machine makes handlers slower, and then a
// turn has fewer of them.

/**
 * Counts by turn.
 *
 * @param {TestContext} t The test
 * @return {Object} `note()` counts one; `most()` tells how many there were in the turn that had most
 */
function countTurns(t) {
  let now = 0;
  let most = 0;
  let isOver = false;

  (function turn() {
    now = 0;
    if (!isOver) setImmediate(turn);
  })();
  t.after(() => (isOver = true));

  return {
    most: () => most,
    note() {
      most = Math.max(most, ++now);
    }
  };
}

/**
 * Keeps the thread busy.
 *
 * @param {Number} ms How long
 */
function burn(ms) {
  const end = performance.now() + ms;

  while (performance.now() < end);
}

module.exports = { burn, countTurns };
