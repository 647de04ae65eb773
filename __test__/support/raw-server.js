'use strict';

// How does a test answer a client byte by byte? A server on a bare socket: each connection is a `RawClient` whose other
// end is the client under test.

const { createHash } = require('crypto');
const { once } = require('events');

const { connect } = require('./client');
const { OVER, plainServer } = require('./over');
const { RawClient } = require('./raw-client');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Starts a server.
 *
 * @param {TestContext} t The test; everything is closed after it
 * @param {(Number|String)} [place=0] The port, or the path of a Unix socket
 * @param {Function} [make] Makes the server of a function that is called with each connection
 * @return {Promise<Object>} `{ next, port, scheme, server, url }`; `next()` waits for a connection
 */
async function rawServer(t, place = 0, make = plainServer) {
  const connections = [];
  const waiting = [];
  const server = make((socket) => {
    const peer = new RawClient(socket);

    t.after(() => socket.destroy());
    if (waiting.length > 0) waiting.shift()(peer);
    else connections.push(peer);
  });

  t.after(() => server.close());
  if (typeof place === 'number') server.listen(place, '127.0.0.1');
  else server.listen(place);
  await once(server, 'listening');

  const { port } = server.address();
  const next = () =>
    new Promise((resolve) => (connections.length > 0 ? resolve(connections.shift()) : waiting.push(resolve)));

  const scheme = OVER === 'tls' ? 'wss' : 'ws';

  return { next, port, scheme, server, url: `${scheme}://127.0.0.1:${port}` };
}

/**
 * Takes a request head apart.
 *
 * @param {String} head The head
 * @return {Object} `{ line, headers }`, the names of the headers in lower case
 */
function parseHead(head) {
  const [line, ...lines] = head.trimEnd().split('\r\n');
  const headers = {};

  for (const field of lines) {
    const colon = field.indexOf(':');

    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }

  return { line, headers };
}

/**
 * Computes the answer to a key.
 *
 * @param {String} key The value of `Sec-WebSocket-Key`
 * @return {String} The value of `Sec-WebSocket-Accept`
 */
function acceptOf(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Writes a response.
 *
 * @param {String} key The value of `Sec-WebSocket-Key`
 * @param {Object} [edits] `status`, and `headers` to add, change or (with `null`) leave out
 * @return {String} The response
 */
function response(key, { status = '101 Switching Protocols', headers = {} } = {}) {
  const all = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': acceptOf(key), ...headers };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => [].concat(value).map((one) => `${name}: ${one}\r\n`));

  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`;
}

/**
 * Answers the request of a client.
 *
 * @param {RawClient} peer The server's end
 * @param {Object} [edits] As for `response()`
 * @param {Buffer} [tail] What follows in the same write
 * @return {Promise<Object>} The request, as `parseHead()` gives it
 */
async function answer(peer, edits, tail = Buffer.alloc(0)) {
  const request = parseHead(await peer.head());

  peer.write(Buffer.concat([Buffer.from(response(request.headers['sec-websocket-key'], edits), 'latin1'), tail]));
  return request;
}

/**
 * Connects the client under test.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the client
 * @param {Object} [edits] As for `response()`
 * @return {Promise<Object>} `{ peer, request, socket }`: the server's end, the request, the client
 */
async function clientPair(t, options, edits) {
  const { next, url } = await rawServer(t);
  const socket = connect(url, { perMessageDeflate: false, ...options });

  t.after(() => socket.terminate());

  const peer = await next();
  const [request] = await Promise.all([answer(peer, edits), once(socket, 'open')]);

  return { peer, request, socket };
}

module.exports = { acceptOf, answer, clientPair, parseHead, rawServer, response };
