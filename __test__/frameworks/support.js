'use strict';

/**
 * What do the tests inside real apps share? A server that ends with the test and a client with one message at a time.
 */

const { once } = require('node:events');
const WebSocket = require('ws');

/** Lets a server listen on a free port and resolves with its origin. */
async function listen(t, server) {
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Connects to an origin, or rejects with what the server answered; `next()` resolves with the next message. */
async function connect(t, url, options) {
  const client = new WebSocket(url.replace(/^http/, 'ws'), options);
  const messages = [];
  const waiting = [];
  client.on('message', (data) =>
    (waiting.length > 0 ? waiting.shift() : (text) => messages.push(text))(data.toString())
  );
  client.next = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  t.after(() => client.terminate());
  await once(client, 'open');
  return client;
}

/** Sends a text and resolves with the next message. */
function answer(client, text) {
  client.send(text);
  return client.next();
}

/** Makes an ordinary request and resolves with body, headers and status. */
async function fetchText(url, options) {
  const response = await fetch(url, options);
  return [await response.text(), response.headers, response.status];
}

module.exports = { answer, connect, fetchText, listen };
