'use strict';

// Are the two servers of examples/manual-handshake the same to their users, and is the second one better?

const assert = require('assert');
const net = require('net');
const { once } = require('events');
const { test } = require('node:test');

const WebSocket = require('ws');

const after = require('../../examples/manual-handshake/after');
const before = require('../../examples/manual-handshake/before');

/**
 * Runs a test against a listening server and ends all that is left of it.
 *
 * @param {Function} createServer Makes the server
 * @param {Function} body Gets the port
 */
async function withServer(createServer, body) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  try {
    await body(server.address().port);
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  }
}

/**
 * Connects, collecting messages from the first one on.
 *
 * @param {Number} port The server
 * @param {String} token Who
 * @return {Promise<Object>} The client, and `next()` for the next message
 */
async function join(port, token) {
  const client = new WebSocket(`ws://127.0.0.1:${port}/room?token=${token}`, { perMessageDeflate: false });
  const messages = [];
  client.on('message', (data) => messages.push(String(data)));
  await once(client, 'open');
  const next = async () => {
    if (messages.length === 0) await once(client, 'message');
    return messages.shift();
  };
  return { client, next };
}

/**
 * Sends bytes and reads until the server closes.
 *
 * @param {Number} port The server
 * @param {String} bytes What to send
 * @return {Promise<String>} What came
 */
async function exchange(port, bytes) {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => (text += part));
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

const request = (target, ...headers) =>
  [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', ...headers, '', ''].join('\r\n');

for (const [name, createServer] of Object.entries({ before, after })) {
  test(`${name}: a greeting, and all hear what one says`, () =>
    withServer(createServer, async (port) => {
      const ali = await join(port, 'sesame');
      assert.strictEqual(await ali.next(), 'hello Ali');
      const groucho = await join(port, 'swordfish');
      assert.strictEqual(await groucho.next(), 'hello Groucho');
      ali.client.send('open');
      groucho.client.send('x'.repeat(300));
      const heard = [await ali.next(), await ali.next()].sort();
      assert.deepStrictEqual(heard, ['Ali: open', `Groucho: ${'x'.repeat(300)}`]);
      assert.deepStrictEqual([await groucho.next(), await groucho.next()].sort(), heard);
      ali.client.close();
      await once(ali.client, 'close');
    }));

  test(`${name}: no token, no room, and ordinary pages`, () =>
    withServer(createServer, async (port) => {
      const [denied] = await once(new WebSocket(`ws://127.0.0.1:${port}/room?token=x`), 'error');
      assert.match(denied.message, /401/);
      const [missing] = await once(new WebSocket(`ws://127.0.0.1:${port}/?token=sesame`), 'error');
      assert.match(missing.message, /404/);
      const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
      assert.strictEqual(await page.text(), 'an ordinary page\n');
    }));
}

for (const [name, createServer] of Object.entries({ before, after })) {
  test(`${name}: no request ends the process`, () =>
    withServer(createServer, async (port) => {
      const targets = ['//', '//?token=sesame', '*', '/%', 'http://[', '/room?token=%'];
      for (const target of targets) {
        const answer = await exchange(port, request(target, 'Upgrade: websocket'));
        assert.match(answer, /^HTTP\/1\.1 40[014] /, target);
      }
    }));
}

test('after: what arrives in pieces arrives whole', () =>
  withServer(after, async (port) => {
    const { client, next } = await join(port, 'sesame');
    assert.strictEqual(await next(), 'hello Ali');
    client.send('one, ', { fin: false });
    client.ping('are you there?');
    client.send('two', { fin: true });
    const [pong] = await once(client, 'pong');
    assert.strictEqual(String(pong), 'are you there?');
    assert.strictEqual(await next(), 'Ali: one, two');
    client.close(4000, 'enough');
    const [code, reason] = await once(client, 'close');
    assert.deepStrictEqual([code, String(reason)], [4000, 'enough']);
  }));

test('after: a bad message costs its sender the connection, with the code that says why', () =>
  withServer(after, async (port) => {
    const [loud, wrong] = [await join(port, 'sesame'), await join(port, 'sesame')];
    loud.client.send('x'.repeat(65537));
    wrong.client.send(Buffer.from([0xff]), { binary: false });
    const codes = await Promise.all([loud, wrong].map(({ client }) => once(client, 'close')));
    assert.deepStrictEqual([codes[0][0], codes[1][0]], [1009, 1007]);
  }));

test('after: a bad handshake gets an answer that says so', () =>
  withServer(after, async (port) => {
    const target = '/room?token=sesame';
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const old = await exchange(port, request(target, 'Upgrade: websocket', key, 'Sec-WebSocket-Version: 7'));
    assert.match(old, /^HTTP\/1\.1 426 [^]*Sec-WebSocket-Version: 13\r\n/);
    const keyless = await exchange(port, request(target, 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'));
    assert.match(keyless, /^HTTP\/1\.1 400 [^]*Missing Sec-WebSocket-Key/);
    assert.match(await exchange(port, request(target, 'Upgrade: h2c')), /^HTTP\/1\.1 400 /);
  }));
