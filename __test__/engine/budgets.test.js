'use strict';

// Does everything hold when the engine has to stop after every single event? The behaviour of connections is tested once
// more with turns of one event, and once with a credit that each message overdraws.

const { test } = require('node:test');

const { rerun } = require('../support/rerun');

const FILES = ['close', 'errors', 'events', 'handlers', 'pause', 'receive', 'send'];

for (const [name, UPSHIFT_DRIVER, value] of [
  ['turns of one event', 'threads', { UPSHIFT_TEST_EVENTS_PER_TURN: '1' }],
  ['a credit of one byte', 'loop', { UPSHIFT_TEST_RECEIVE_CREDIT: '1' }]
]) {
  test(`with ${name} nothing is different`, () => rerun(FILES, { ...value, UPSHIFT_DRIVER, UPSHIFT_TRANSPORT: 'fd' }));
}
