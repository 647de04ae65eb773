'use strict';

// Does a context that a handler enters stay with its connection? Also when the handler throws.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { isWs } = require('../support/implementation');
const { report } = require('../support/child');

test('contexts that handlers enter are never seen by others', { skip: isWs && 'ws loses the connection' }, async () => {
  const { strange, thrown, expected } = await report('entering');

  assert.deepEqual([...new Set(strange)], []);
  assert.equal(thrown, expected);
});
