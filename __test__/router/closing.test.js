'use strict';

// What does a client get whose upgrade is on its way when the router closes? 503 before the 101, behind the responses that
// come first and are not cut; the end of the connection behind it.

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { RawClient } = require('../support/raw-client');
const { SLOW, asking, keys, routed } = require('./support');

const SIZED = 'Content-Length: 10\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Requests that could be upgraded. */
const UPGRADES = {
  WebSocket: RawClient.request({ path: '/ws' }),
  'a protocol': asking('x', '/x'),
  'a protocol with a body': `${asking('x', '/body', SIZED)}half`,
  h2c: asking('h2c', '/'),
  'h2c with a body': `${asking('h2c', '/', SIZED)}half`,
  'h2c with a body in chunks': `${asking('h2c', '/', CHUNKED)}5\r\nhel`,
  TLS: asking('TLS/1.2', '/'),
  'TLS with a body': `${asking('TLS/1.2', '/', SIZED)}half`,
  'TLS with a body in chunks': `${asking('TLS/1.2', '/', CHUNKED)}5\r\nhel`
};

/** Starts a server with routes of all kinds. */
async function start(t) {
  const slow = [];
  const server = http.createServer((req, res) => {
    assert.equal(req.url, '/slow', 'nothing else is ordinary');
    res.write('first,');
    slow.push(res);
  });
  const opened = [];
  const { port, router } = await routed(t, { upgradeTimeout: 0 }, server);

  router.on('error', (err) => opened.push(err));
  router.websocket('/ws', () => opened.push('ws'));
  router.protocol('x', { path: '/x' }, () => opened.push('x'));
  router.protocol('x', { path: '/body', maxUpgradeBody: 100 }, () => opened.push('body'));
  router.h2c(() => opened.push('h2c'));
  router.tls(keys);

  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  return { client, opened, port, router, slow };
}

/** Long enough that what was written has arrived; if it has not, the test shows less and passes all the same. */
const pause = () => sleep(30);

describe('behind an unfinished response', () => {
  for (const [name, request] of Object.entries(UPGRADES)) {
    test(name, async (t) => {
      const { client, opened, router, slow } = await start(t);

      client.write(SLOW + request);
      while (slow.length === 0) await sleep(2);
      await pause();
      await router.close();
      await pause();
      slow[0].end('last');

      const all = String(await client.rest());
      const [first, second, ...more] = all.split(/(?=HTTP\/1\.1 )/);

      assert.match(first, /^HTTP\/1\.1 200 OK\r\n[^]*first,[^]*last\r\n0\r\n\r\n$/);
      assert.match(second, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
      assert.deepEqual([more, opened], [[], []]);
    });
  }
});

describe('within the body', () => {
  for (const [name, request] of Object.entries(UPGRADES)) {
    if (!name.includes('body')) continue;

    test(name, async (t) => {
      const { client, opened, router } = await start(t);

      client.write(request);
      await pause();
      await router.close();
      assert.match(String(await client.rest()), /^HTTP\/1\.1 503 [^]*\r\n\r\nThe router was closed [^\r\n]*$/);
      assert.deepEqual(opened, []);
    });
  }
});

describe('behind the 101', () => {
  for (const name of ['h2c', 'TLS']) {
    test(name, async (t) => {
      const { client, opened, router } = await start(t);

      client.write(UPGRADES[name]);
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);
      await router.close();
      assert.equal(String(await client.rest()), '');
      assert.deepEqual(opened, []);
    });
  }
});

test('many that wait at once are no leak', async (t) => {
  const { client, port, router } = await start(t);
  const warnings = [];
  const note = (warning) => warnings.push(warning.name);

  process.on('warning', note);
  t.after(() => process.removeListener('warning', note));

  const waiting = [];

  for (const [name, request] of Object.entries(UPGRADES)) {
    for (let i = 0; i < 12 && name.includes('body'); i++) {
      waiting.push(RawClient.connect({ port, host: '127.0.0.1' }));
      (await waiting.at(-1)).write(request);
    }
  }
  await pause();
  await router.close();
  for (const one of waiting) assert.match(String(await (await one).rest()), /^HTTP\/1\.1 503 /);
  client.socket.destroy();
  assert.deepEqual(warnings, []);
});
