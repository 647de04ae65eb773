'use strict';

// Does Java's HttpClient get what it asks for? It asks for `h2c` with its first request to any server, which is where
// servers that know upgrades to WebSocket only answer 400.

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');

const { runJava } = require('./support/java');
const { createUpgradeRouter } = require('../..');

/** Answers with what was asked. */
async function summarise(req, res) {
  let length = 0;

  for await (const chunk of req) length += chunk.length;

  res.end(`${req.method} ${req.url} ${length} over ${req.httpVersion}`);
}

/**
 * Runs the program against a server with a route to WebSockets.
 *
 * @param {TestContext} t The test
 * @param {Function} prepare Adds other routes
 * @return {Promise<String[]>} What it printed
 */
async function printed(t, prepare) {
  const server = http.createServer(summarise);
  const router = createUpgradeRouter(server);

  router.websocket('/echo', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
  prepare(router);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return runJava(server.address().port, '/echo');
}

for (const [name, prepare, version, over] of [
  ['with router.h2c() it speaks HTTP/2', (router) => router.h2c(summarise), 'HTTP_2', '2.0'],
  ['without it goes on with HTTP/1.1', () => {}, 'HTTP_1_1', '1.1']
]) {
  test(`Java's HttpClient: ${name}`, async (t) => {
    assert.deepEqual(await printed(t, prepare), [
      `${version} 200 GET /first 0 over ${over}`,
      `${version} 200 GET /second 0 over ${over}`,
      `${version} 200 POST /third 1000000 over ${over}`,
      `${version} 200 POST /post 1000000 over ${over}`,
      `${version} 200 POST /chunks 1000000 over ${over}`,
      'HTTP_1_1 200 POST /plain 4 over 1.1',
      'WebSocket hello'
    ]);
  });
}
