'use strict';

// Does examples/h2c.js answer both versions on one port, asked for in either way? (With curl: __test__/peers.)

const assert = require('assert');
const http2 = require('http2');
const net = require('net');
const { once } = require('events');
const { test } = require('node:test');

const { Example, within } = require('./support/example');

/**
 * Makes a request in a session.
 *
 * @param {Http2Session} session The session
 * @param {Object} headers Its headers
 * @param {Buffer} [body] Its body
 * @return {Promise<String>} The body of the answer
 */
async function ask(session, headers, body) {
  const stream = session.request(headers);
  stream.end(body);
  return Buffer.concat(await within(stream.toArray(), () => 'an answer')).toString();
}

/**
 * Sends bytes and reads until something has come.
 *
 * @param {TestContext} t The test
 * @param {Example} example The server
 * @param {String} bytes What to send
 * @param {RegExp} pattern What has to come
 * @return {Promise<String>} What came
 */
async function exchange(t, example, bytes, pattern) {
  const socket = net.connect(Number(new URL(example.url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => (text += part));
  socket.write(bytes);
  const look = async () => {
    while (!pattern.test(text)) await once(socket, 'data');
  };
  await within(look(), () => `${pattern}, got ${text}`);
  return text;
}

test('HTTP/1.1 and HTTP/2 on one port', async (t) => {
  const example = await Example.start(t, 'h2c.js');
  assert.strictEqual(await (await fetch(example.url)).text(), 'GET / over HTTP/1.1 with 0 bytes\n');
  const session = http2.connect(example.url);
  t.after(() => session.destroy());
  const get = ask(session, { ':path': '/one' });
  const post = ask(session, { ':path': '/two', ':method': 'POST' }, Buffer.alloc(1_000_000));
  assert.strictEqual(await get, 'GET /one over HTTP/2.0 with 0 bytes\n');
  assert.strictEqual(await post, 'POST /two over HTTP/2.0 with 1000000 bytes\n');
  // An open session does not keep it.
  await example.interrupt();
});

test('an upgrade is one, unless it is wrong or too long', async (t) => {
  const example = await Example.start(t, 'h2c.js');
  const head = (settings, ...more) =>
    [
      'POST /up HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      `HTTP2-Settings: ${settings}`,
      ...more,
      '',
      ''
    ].join('\r\n');
  const upgraded = await exchange(t, example, `${head('AAMAAABk', 'Content-Length: 2')}hi`, /\r\n\r\n/);
  assert.match(upgraded, /^HTTP\/1\.1 101 [^]*\r\nUpgrade: h2c\r\n/i);
  assert.match(await exchange(t, example, head('AAM', 'Content-Length: 0'), /\r\n\r\n/), /^HTTP\/1\.1 400 /);
  const long = `${head('AAMAAABk', 'Content-Length: 70000')}${'x'.repeat(70000)}`;
  assert.match(await exchange(t, example, long, /over HTTP/), /POST \/up over HTTP\/1\.1 with 70000 bytes\n/);
});
