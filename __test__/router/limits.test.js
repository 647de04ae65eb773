'use strict';

// What do the limits of a router mean at their ends: a body above the one, and a wait without the other?

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { routed, statusOf } = require('./support');

/** An upgrade to HTTP/2, of a request with a body. */
const ASKING =
  'POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n' +
  'HTTP2-Settings: AAMAAABkAAQAAP__\r\nTransfer-Encoding: chunked\r\n\r\n';

const CHUNK = `10000\r\n${'x'.repeat(65536)}\r\n`;

test('a body in chunks that becomes too long for h2c is answered as HTTP/1.1, all of it', async (t) => {
  const server = http.createServer((req, res) => {
    let length = 0;

    req.on('data', (chunk) => (length += chunk.length)).on('end', () => res.end(`${length} bytes`));
  });
  const { port, router } = await routed(t, {}, server);
  const client = await RawClient.connect(port);

  router.h2c(() => assert.fail('HTTP/2'));
  client.write(ASKING);
  setTimeout(() => client.write(`${CHUNK.repeat(30)}0\r\n\r\n`), 20);
  assert.match(String(await client.rest()), /^HTTP\/1.1 200 [^]*1966080 bytes$/);
});

for (const upgradeTimeout of [0, Infinity, 2 ** 40]) {
  test(`with an upgradeTimeout of ${upgradeTimeout} it waits`, async (t) => {
    const { port, router } = await routed(t, { upgradeTimeout });
    const client = await RawClient.connect(port);

    router.h2c(() => {}).websocket('/', { authenticate: () => new Promise((go) => setTimeout(go, 50)) }, () => {});
    client.write(ASKING);
    setTimeout(() => client.write('0\r\n\r\n'), 50);
    assert.match(await client.head(), /^HTTP\/1.1 101 /);
    client.socket.destroy();
    assert.equal(await statusOf(port), 101);
  });
}
