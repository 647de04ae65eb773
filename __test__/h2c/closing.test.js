'use strict';

// How long do sessions live on when the router closes? Until their streams have ended, but not for ever: a client that does
// not take what it asked for, or does not close its side, is waited for as long as for anything.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { RawClient } = require('../support/raw-client');
const { END_STREAM, GET, H2cClient, HEADERS, PREFACE, asking, ended, frame, settings, withH2c } = require('./support');

/** Leaves one response unfinished, and ends the others. */
function setup(limits, options) {
  const unfinished = [];

  return {
    handler(req, res) {
      if (req.url === '/') unfinished.push(res);
      else res.end('other');
      res.on('error', () => {});
    },
    limits,
    options,
    unfinished
  };
}

/** How sessions begin; each client asks for `/`, and is let read nothing of it. */
const NO_WINDOW = settings({ 4: 0 });
const BEGINNINGS = {
  'with an upgrade': (port) => H2cClient.open(port, {}, NO_WINDOW),
  'with an upgrade and its body': (port) => H2cClient.open(port, { method: 'POST', body: 'x'.repeat(1000) }, NO_WINDOW),
  'with HTTP/2': begin
};

/** Begins with HTTP/2. */
async function begin(port) {
  const raw = await RawClient.connect(port);

  raw.write(Buffer.concat([PREFACE, NO_WINDOW, frame(HEADERS, END_STREAM | 4, 1, GET)]));
  return new H2cClient(raw);
}

for (const [name, open] of Object.entries(BEGINNINGS)) {
  describe(`a session that began ${name}`, () => {
    test('has its time, and no more', async (t) => {
      const { unfinished, ...how } = setup({ upgradeTimeout: 300 });
      const { port, router, server, sessions } = await withH2c(t, how);
      const client = await open(port);

      // It does not close its side.
      client.raw.endsToo = false;
      t.after(() => client.raw.socket.destroy());
      while (unfinished.length === 0) await sleep(2);
      unfinished[0].end('not taken');
      assert.equal(
        await Promise.race([router.close().then(() => 'closed'), sleep(20_000, 'open', { ref: false })]),
        'closed'
      );
      await ended(sessions[0]);
      for (let left = 1; left > 0; await sleep(5)) {
        left = await new Promise((done) => server.getConnections((err, count) => done(count)));
      }
    });

    test('has the time of its route', async (t) => {
      const { unfinished, ...how } = setup({ upgradeTimeout: 0 }, { upgradeTimeout: 300 });
      const { port, router } = await withH2c(t, how);
      const client = await open(port);

      t.after(() => client.raw.socket.destroy());
      while (unfinished.length === 0) await sleep(2);
      assert.equal(
        await Promise.race([router.close().then(() => 'closed'), sleep(20_000, 'open', { ref: false })]),
        'closed'
      );
    });

    test('may take for ever where that is wanted', async (t) => {
      const { unfinished, ...how } = setup({ upgradeTimeout: 0 });
      const { port, router, sessions } = await withH2c(t, how);
      const client = await open(port);
      let isClosed = false;

      t.after(() => client.raw.socket.destroy());
      while (unfinished.length === 0) await sleep(2);

      const closing = router.close().then(() => (isClosed = true));

      await sleep(500);
      assert.deepEqual([isClosed, sessions[0].destroyed], [false, false]);
      client.raw.socket.destroy();
      await closing;
    });
  });
}

test('a stream that ends in time is whole', async (t) => {
  const { unfinished, ...how } = setup({ upgradeTimeout: 20_000 });
  const { port, router } = await withH2c(t, how);
  const raw = await RawClient.connect(port);

  raw.write(asking());
  assert.match(await raw.head(), /^HTTP\/1.1 101 /);
  raw.write(Buffer.concat([PREFACE, settings()]));
  while (unfinished.length === 0) await sleep(2);

  const client = new H2cClient(raw);
  const closing = router.close();

  assert.equal(await client.goaway(), 0);
  unfinished[0].end('whole');
  assert.equal((await client.response(1)).body, 'whole');
  await closing;
  raw.socket.destroy();
});
