'use strict';

// Where does a test get a router from? On a server that tells of every ordinary request, and ends with the test.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');

const { createUpgradeRouter } = require('../..');
const { RawClient } = require('../support/raw-client');

/** The certificate of the servers, and its key. */
const keys = {
  cert: fs.readFileSync(path.join(__dirname, '../fixtures/localhost-cert.pem')),
  key: fs.readFileSync(path.join(__dirname, '../fixtures/localhost-key.pem'))
};

/**
 * Answers an ordinary request with what it was.
 *
 * @param {http.IncomingMessage} req The request
 * @param {http.ServerResponse} res The response
 */
async function tell(req, res) {
  const chunks = [];

  for await (const chunk of req) chunks.push(chunk);

  const { connection, upgrade } = req.headers;
  const { length } = Buffer.concat(chunks);

  res.end(JSON.stringify({ url: req.url, length, connection, upgrade }));
}

/**
 * Starts a server and has it listen for the time of a test.
 *
 * @param {TestContext} t The test
 * @param {http.Server} server The server
 * @return {Promise<Number>} Its port
 */
async function listening(t, server) {
  const sockets = new Set();

  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server.address().port;
}

/**
 * Starts a server with a router.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the router
 * @param {http.Server} [server] The server
 * @return {Promise<Object>} `{ port, router, server }`
 */
async function routed(t, options, server = http.createServer(tell)) {
  const router = createUpgradeRouter(server, options);

  return { port: await listening(t, server), router, server };
}

/**
 * Asks for a WebSocket and waits for the end.
 *
 * @param {Number} port The port
 * @param {Object} [request] As for `RawClient.request()`
 * @return {Promise<Number>} The status of the answer
 */
async function statusOf(port, request) {
  const client = await RawClient.connect(port);

  client.write(RawClient.request(request));

  const response = await client.head();

  client.socket.destroy();
  return Number(response.split(' ')[1]);
}

/**
 * Sends bytes and reads to the end.
 *
 * @param {(Number|Object)} port The port, or as for `RawClient.connect()`
 * @param {(String|Buffer)} bytes The bytes
 * @return {Promise<String>} What came
 */
async function exchange(port, bytes) {
  const client = await RawClient.connect(port);

  client.write(bytes);
  return String(await client.rest());
}

/**
 * An upgrade of any kind, that to h2c too.
 *
 * @param {String} token What to
 * @param {String} path The path
 * @param {String} [fields] More fields
 * @return {String} The head of the request
 */
function asking(token, path, fields = '') {
  return (
    `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${token}\r\n` +
    `HTTP2-Settings: AAMAAABk\r\n${fields}\r\n`
  );
}

/** A request whose answer takes a while. */
const SLOW = 'GET /slow HTTP/1.1\r\nHost: h\r\n\r\n';

module.exports = { SLOW, asking, exchange, keys, listening, routed, statusOf, tell };
