'use strict';

/**
 * What do the tests of the frameworks share? The frameworks in their versions, servers with and without TLS, clients, and
 * a session as packages make them.
 */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const WebSocket = require('../..');
const { RawClient } = require('../support/raw-client');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));

/** A key and a certificate for localhost. */
const CREDENTIALS = { cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') };

/** The versions of Express. */
const EXPRESSES = [
  ['Express 4', require('express4')],
  ['Express 5', require('express')]
];

/** The versions of Fastify. */
const FASTIFIES = [
  ['Fastify 4', require('fastify4')],
  ['Fastify 5', require('fastify')]
];

/** Makes a server for an app, lets it listen, and resolves with what clients connect to. */
async function serve(t, app, isSecure = false) {
  const server = isSecure ? https.createServer(CREDENTIALS, app) : http.createServer(app);
  app.websockets.attach(server);
  return listen(t, server, isSecure);
}

/** Lets a server listen and resolves with what clients connect to. */
async function listen(t, server, isSecure = false) {
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return targetOf(server, isSecure);
}

/** What clients connect to. */
function targetOf(server, isSecure) {
  const { port } = server.address();
  return { isSecure, port, raw: { host: '127.0.0.1', port, tls: isSecure }, server };
}

/** Connects; `next()` resolves with the next message, `response` is the 101. Rejects with what the server answered. */
async function connect(t, { isSecure, port }, url, options) {
  const scheme = isSecure ? 'wss' : 'ws';
  const client = new WebSocket(`${scheme}://127.0.0.1:${port}${url}`, { rejectUnauthorized: false, ...options });
  const messages = [];
  const waiting = [];
  t.after(() => client.terminate());
  client.once('upgrade', (response) => (client.response = response));
  client.on('message', (data) =>
    (waiting.length > 0 ? waiting.shift() : (text) => messages.push(text))(data.toString())
  );
  client.next = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  await once(client, 'open');
  return client;
}

/** Asks for an upgrade and resolves with the answer, which is no 101, when the connection has ended. */
async function refusal(t, target, url, edits) {
  const client = await RawClient.connect(target.raw);
  t.after(() => client.socket.destroy());
  client.write(RawClient.request({ path: url, ...edits }));
  return answerOf(await client.rest());
}

/** Takes the bytes of one response apart; throws if they are not exactly one. */
function answerOf(bytes) {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const headers = {};
  for (const line of lines) {
    const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)];
    (headers[name] ??= []).push(value);
  }
  const body = text.slice(end + 4);
  if (headers['content-length'] && Number(headers['content-length'][0]) !== body.length) {
    throw new Error(`not one response: ${text}`);
  }
  return { body, headers, status: Number(first.split(' ')[1]), text };
}

/** Makes an ordinary request on a connection of its own. */
function get(target, url, { body, headers, method = 'GET' } = {}) {
  const options = { agent: false, headers, host: '127.0.0.1', method, path: url, port: target.port };
  const { request } = target.isSecure ? https : http;
  return new Promise((resolve, reject) => {
    const req = request({ ...options, rejectUnauthorized: false }, async (res) => {
      const chunks = [];
      for await (const chunk of res) chunks.push(chunk);
      resolve({ body: Buffer.concat(chunks).toString(), headers: res.headers, status: res.statusCode });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Waits. */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for a condition. */
async function until(condition) {
  while (!condition()) await sleep(5);
}

/**
 * A session as express-session keeps them: read from a store that takes its time, the cookie is set when the head is
 * written, and the end of the response waits until the session is saved.
 */
function session(store) {
  return (req, res, next) => {
    const id = /sid=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
    const { end, writeHead } = res;
    res.writeHead = function (...args) {
      if (!id) res.setHeader('Set-Cookie', 'sid=new; HttpOnly');
      return writeHead.apply(this, args);
    };
    res.end = function (...args) {
      setTimeout(() => {
        store.saved.push(req.session);
        end.apply(this, args);
      }, 5);
      return this;
    };
    setTimeout(() => {
      req.session = { user: store.users[id] ?? null };
      next();
    }, 5);
  };
}

module.exports = {
  CREDENTIALS,
  EXPRESSES,
  FASTIFIES,
  answerOf,
  connect,
  get,
  listen,
  refusal,
  serve,
  session,
  sleep,
  targetOf,
  until
};
