'use strict';

// The event loop itself tells of sockets that are heard again and again. What does that take, and is it given back?

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { report } = require('../support/child');

const onLinux = { skip: process.platform !== 'linux' && 'the loop drives on Linux only' };

/** The most places there are: so many, and of the descriptors that a process may have one in so many. */
const MOST = 128;
const PER_PLACE = 64;

test('a descriptor each, for some of them, as long as they are there', onLinux, async () => {
  const env = { UPSHIFT_DRIVER: 'loop', UPSHIFT_TRANSPORT: 'fd', UPSHIFT_REACTORS: '' };
  const { before, few, withFew, many, withMany, after, polls, heirs } = await report('places', [], { env });

  const limit = Number(process.report.getReport().userLimits.open_files.soft) || Infinity;
  const places = Math.min(MOST, Math.floor(limit / PER_PLACE));

  // Both ends of a connection are in that process, and one place is taken by the connection that stays.
  assert.equal(withFew - before, few * 3);
  assert.equal(withMany - before, (few + many) * 2 + places - 1);
  assert.equal(after, before);
  assert.equal(polls, 0, 'our own set has nothing to tell of them');
  assert.equal(heirs, 0, 'nor of one that has the place of one that broke');
});
