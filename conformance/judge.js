'use strict';

/**
 * Is a result of Autobahn what expected.json promises? Nothing counts as passed but OK and the cases that the suite
 * can only call informational.
 */

const expected = require('./expected.json');

/** How a connection may end. The last one: we closed TCP before the client did, which the RFC leaves open. */
const GOOD_CLOSES = ['OK', 'INFORMATIONAL', 'FAILED BY CLIENT'];

/**
 * Says what is wrong with the results of one run.
 *
 * @param {object} results Case id -> result, as in the suite's index.json
 * @param {boolean} full Did the slow cases run too?
 * @return {string[]} Complaints
 * @public
 */
function judge(results, full) {
  const complaints = [];
  const count = expected.count[full ? 'full' : 'quick'];
  const found = Object.keys(results).length;
  if (found !== count) complaints.push(`${found} results, expected ${count}`);
  for (const [id, { behavior, behaviorClose }] of Object.entries(results)) {
    const wanted = expected.informational.includes(id) ? 'INFORMATIONAL' : 'OK';
    if (behavior !== wanted) complaints.push(`${id}: ${behavior}, expected ${wanted}`);
    if (!GOOD_CLOSES.includes(behaviorClose)) complaints.push(`${id}: closed badly (${behaviorClose})`);
  }
  return complaints;
}

module.exports = { judge };
