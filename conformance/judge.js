'use strict';

/**
 * Is a result of Autobahn what expected.json promises? Nothing counts as passed but OK and the cases that the suite
 * can only call informational: neither what was received, nor how the connection ended. `FAILED BY CLIENT`, which the
 * suite only deplores, is none of that: the server has left it to the client to close TCP (RFC 6455, section 7.1.1).
 */

const expected = require('./expected.json');

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
    if (behaviorClose !== wanted) complaints.push(`${id}: closed badly (${behaviorClose})`);
  }
  return complaints;
}

module.exports = { judge };
