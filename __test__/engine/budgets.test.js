'use strict';

// Does everything hold when the engine has to stop after every single event? The behaviour of connections is tested once
// more with turns of one event, and once with a credit that each message overdraws, under each driver.

const { test } = require('node:test');

const { rerun } = require('../support/rerun');

/** What takes seconds, 'receive', runs under one of the drivers. */
const FILES = ['close', 'errors', 'events', 'handlers', 'pause', 'send'];
const EVENTS = { UPSHIFT_TEST_EVENTS_PER_TURN: '1' };
const CREDIT = { UPSHIFT_TEST_RECEIVE_CREDIT: '1' };

for (const [name, UPSHIFT_DRIVER, value, files] of [
  ['turns of one event', 'threads', EVENTS, [...FILES, 'receive']],
  ['turns of one event', 'loop', EVENTS, FILES],
  ['a credit of one byte', 'threads', CREDIT, FILES],
  ['a credit of one byte', 'loop', CREDIT, [...FILES, 'receive']]
]) {
  test(`with ${name} nothing is different: driver ${UPSHIFT_DRIVER}`, () =>
    rerun(files, { ...value, UPSHIFT_DRIVER, UPSHIFT_TRANSPORT: 'fd' }));
}
