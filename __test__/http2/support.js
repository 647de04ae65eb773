'use strict';

// Where do the tests of WebSocket over HTTP/2 get servers, sessions and streams from?

const fs = require('node:fs');
const http2 = require('node:http2');
const path = require('node:path');
const { once } = require('node:events');

const { RawClient } = require('../support/raw-client');
const { WebSocket, WebSocketServer } = require('../support/implementation');

const fixtures = path.join(__dirname, '../fixtures');
const [key, cert] = ['key', 'cert'].map((name) => fs.readFileSync(path.join(fixtures, `localhost-${name}.pem`)));

/**
 * Starts a server of HTTP/2.
 *
 * @param {TestContext} t The test; everything is closed after it
 * @param {Object} [options] Options of the server; with `secure` over TLS
 * @return {Promise<Object>} `{ server, port, sessions, origin }`, `sessions` being those of the server's side
 */
async function listen(t, { secure = false, ...options } = {}) {
  const server = secure ? http2.createSecureServer({ key, cert, ...options }) : http2.createServer(options);
  const sessions = [];

  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address();

  return { server, port, sessions, origin: `${secure ? 'https' : 'http'}://127.0.0.1:${port}` };
}

/**
 * Connects a session.
 *
 * @param {TestContext} t The test
 * @param {String} origin Where to
 * @param {Object} [options] Options of the session
 * @return {ClientHttp2Session} The session, connecting
 */
function connect(t, origin, options) {
  const session = http2.connect(origin, { rejectUnauthorized: false, ...options });

  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

/**
 * Starts a server with a WebSocket server beside it, and a session to it.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the WebSocket server
 * @param {Object} [serverOptions] Options of the server of HTTP/2
 * @return {Promise<Object>} What `listen()` gives, `session`, `wss` and `url`
 */
async function serve(t, options, serverOptions) {
  const running = await listen(t, serverOptions);
  const wss = new WebSocketServer({ server: running.server, ...options });
  const session = connect(t, running.origin);

  t.after(() => wss.close());
  await once(session, 'remoteSettings');
  return { ...running, session, wss, url: running.origin.replace('http', 'ws') };
}

/**
 * Opens a pair of WebSockets.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the WebSocket server
 * @param {Object} [clientOptions] Options of the client
 * @param {Object} [serverOptions] Options of the server of HTTP/2
 * @return {Promise<Object>} What `serve()` gives, `client`, `socket` (the server's side) and `req`
 */
async function pair(t, options, clientOptions, serverOptions) {
  const running = await serve(t, options, serverOptions);
  const client = new WebSocket(running.url, { session: running.session, ...clientOptions });
  const [[socket, req]] = await Promise.all([once(running.wss, 'connection'), once(client, 'open')]);

  return { ...running, client, socket, req };
}

/**
 * Asks for a WebSocket by hand.
 *
 * @param {ClientHttp2Session} session The session
 * @param {Object} [headers] Changes; `null` leaves one out
 * @return {ClientHttp2Stream} The stream
 */
function ask(session, headers = {}) {
  const all = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':authority': '127.0.0.1',
    ':path': '/',
    'sec-websocket-version': '13',
    ...headers
  };
  const stream = session.request(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)), {
    endStream: false
  });

  stream.on('error', () => {});
  return stream;
}

/**
 * Opens a WebSocket by hand.
 *
 * @param {ClientHttp2Session} session The session
 * @param {Object} [headers] Changes
 * @return {Promise<Object>} A `RawClient` over the stream; `response` has its headers
 */
async function openRaw(session, headers) {
  const stream = ask(session, headers);
  const [response] = await once(stream, 'response');
  const client = new RawClient(stream);

  client.response = response;
  return client;
}

/**
 * Reads the answer to a request.
 *
 * @param {ClientHttp2Stream} stream The stream
 * @return {Promise<Object>} `{ status, headers, body, rstCode }`
 */
async function answer(stream) {
  let body = '';
  // An answer without a body may come together with the end.
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const [headers] = await once(stream, 'response');

  stream.setEncoding('utf8').on('data', (chunk) => (body += chunk));
  await closed;
  // Node 20 never comes back from a session that is destroyed now, without anything of ours on this side.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { status: headers[':status'], headers, body, rstCode: stream.rstCode };
}

module.exports = { answer, ask, cert, connect, key, listen, openRaw, pair, serve };
