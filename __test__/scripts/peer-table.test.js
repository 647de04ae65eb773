'use strict';

// Does the table of foreign WebSockets tell the truth? A cell is good when it is so on every path, and nothing is left out.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { CASES } = require('../interop/support/cases');
const { table } = require('../../scripts/peer-table');

const names = Object.keys(CASES);
const cell = (role, name, result, reason) => ({ peer: 'it', version: 'it 1.0', role, name, result, reason });

test('the table of foreign WebSockets', () => {
  const lines = names.slice(1).flatMap((name) => [cell('client', name, 'ok'), cell('client', name, 'ok')]);

  lines[1].result = 'failed';
  lines.push(...names.map((name) => cell('server', name, 'not possible', 'it has no server')));

  const [head, client, server, , reason] = table(lines).split('\n');

  assert.deepEqual(head.trim().split(/ {2,}/), names);
  assert.deepEqual(client.split(/ {2,}/), ['it 1.0, client', 'MISSING', 'FAILED', ...names.slice(2).map(() => 'ok')]);
  assert.deepEqual(server.split(/ {2,}/), ['it 1.0, server', ...names.map(() => '(1)')]);
  assert.equal(reason, '(1) not possible: it has no server');
});
