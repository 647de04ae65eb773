'use strict';

/**
 * Does the judge of Autobahn's results fail on everything but what is promised?
 */

const assert = require('node:assert/strict');
const { it } = require('node:test');
const { count, informational } = require('../../conformance/expected.json');
const { judge } = require('../../conformance/judge');

/** Makes the results of a run in which all is as expected, and changes one case. */
function results(id, change) {
  const all = Object.fromEntries(
    informational.map((name) => [name, { behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL' }])
  );
  for (let i = informational.length; i < count.quick; i += 1) all[`1.${i}`] = { behavior: 'OK', behaviorClose: 'OK' };
  all[id] = { ...all[id], ...change };
  return all;
}

it('accepts what is expected', () => {
  assert.deepEqual(judge(results('1.5', {}), false), []);
});

for (const behavior of ['FAILED', 'NON-STRICT', 'UNIMPLEMENTED', 'INFORMATIONAL', 'something new']) {
  it(`refuses ${behavior} where OK is expected`, () => {
    assert.deepEqual(judge(results('1.5', { behavior }), false), [`1.5: ${behavior}, expected OK`]);
  });
}

for (const behaviorClose of ['FAILED', 'FAILED BY CLIENT', 'INFORMATIONAL', 'UNCLEAN', 'WRONG CODE']) {
  it(`refuses a connection that ended with ${behaviorClose}`, () => {
    assert.deepEqual(judge(results('1.5', { behaviorClose }), false), [`1.5: closed badly (${behaviorClose})`]);
  });
}

it('refuses a result that is missing', () => {
  const some = results('1.5', {});
  delete some['1.7'];
  assert.deepEqual(judge(some, false), [`${count.quick - 1} results, expected ${count.quick}`]);
  assert.match(judge(results('1.5', {}), true)[0], new RegExp(`expected ${count.full}$`));
});
