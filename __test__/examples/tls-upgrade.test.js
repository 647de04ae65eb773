'use strict';

// Does examples/tls-upgrade.js answer inside TLS who asks for it, and others as it was told?

const assert = require('assert');
const path = require('path');
const net = require('net');
const tls = require('tls');
const { once } = require('events');
const { test } = require('node:test');

const { requestUpgrade } = require('../..');
const { Example, within } = require('./support/example');

const FIXTURES = path.join(__dirname, '../fixtures');
const FILES = { CERT: path.join(FIXTURES, 'localhost-cert.pem'), KEY: path.join(FIXTURES, 'localhost-key.pem') };

/**
 * Asks for TLS, and reads the answer inside.
 *
 * @param {Example} example The server
 * @param {String} protocol What to ask for
 * @return {Promise<String>} The answer
 */
async function askInside(example, protocol) {
  const { stream } = await requestUpgrade(new URL('/secret', example.url), { protocol });
  const socket = tls.connect({ socket: stream, rejectUnauthorized: false });
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => (text += part));
  const look = async () => {
    while (!/TLSv|plain/.test(text)) await once(socket, 'data');
  };
  await within(look(), () => `an answer, got ${text}`);
  socket.destroy();
  return text;
}

test('who asks for TLS is answered inside', async (t) => {
  const example = await Example.start(t, 'tls-upgrade.js', FILES);
  const answer = await askInside(example, 'TLS/1.2');
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*GET \/secret inside TLSv1\.[23]\n/);
  assert.strictEqual(await (await fetch(example.url)).text(), 'GET / in plain sight\n');
  await example.interrupt();
});

test('who does not is told to, when it is mandatory', async (t) => {
  const example = await Example.start(t, 'tls-upgrade.js', { ...FILES, MANDATORY: '1' });
  const plain = await fetch(example.url);
  assert.strictEqual(plain.status, 426);
  assert.match(plain.headers.get('upgrade'), /TLS\/1\.2/);
  assert.doesNotMatch(await plain.text(), /plain sight/);
  assert.match(await askInside(example, ['TLS/1.3', 'TLS/1.2']), /inside TLSv1\./);
});

test('who sends something else than TLS after the 101 loses the connection, and nobody else does', async (t) => {
  const example = await Example.start(t, 'tls-upgrade.js', FILES);
  const socket = net.connect(Number(new URL(example.url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n');
  await once(socket, 'data');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await within(once(socket, 'close'), () => 'its end');
  assert.match(await askInside(example, 'TLS/1.2'), /inside TLSv1\./);
  await example.interrupt();
});
