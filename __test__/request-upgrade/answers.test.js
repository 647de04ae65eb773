'use strict';

// What does `requestUpgrade()` make of an answer? A 101 for what was asked is a socket, every other answer a response that
// can be read, and a 101 that says something else the end.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { test } = require('node:test');
const { text } = require('node:stream/consumers');

const { requestUpgrade } = require('../..');
const { parseHead, rawServer } = require('../support/raw-server');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n';

/**
 * Starts a server of Node that echoes after an upgrade.
 *
 * @param {TestContext} t The test
 * @param {http.Server} server The server
 * @param {(Number|String)} place Port or path
 * @return {Promise<Number>} The port
 */
async function echo(t, server, place = 0) {
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => {});
    socket.write(`${SWITCHED}${req.url} `);
    socket.write(head);
    socket.pipe(socket);
    t.after(() => socket.destroy());
  });
  t.after(() => server.close());
  if (typeof place === 'number') server.listen(place, '127.0.0.1');
  else server.listen(place);
  await once(server, 'listening');
  return server.address().port;
}

/**
 * Says something and reads what comes back, to the end.
 *
 * @param {Duplex} stream The stream
 * @return {Promise<String>} It
 */
async function talk(stream) {
  stream.end('hello');
  return text(stream);
}

test('a server of Node over TCP, TLS and a Unix socket, at each kind of address', async (t) => {
  const local = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-request-')), 'socket');
  const plain = await echo(t, http.createServer());
  const secure = await echo(
    t,
    https.createServer({ cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') })
  );
  await echo(t, http.createServer(), local);

  const addresses = [
    `http://127.0.0.1:${plain}/a?b`,
    `ws://127.0.0.1:${plain}/a?b`,
    new URL(`https://127.0.0.1:${secure}/a?b`),
    `wss://127.0.0.1:${secure}/a?b`,
    `ws+unix:${local}:/a?b`
  ];

  for (const address of addresses) {
    const { protocol, response, stream } = await requestUpgrade(address, {
      protocol: 'echo/1',
      rejectUnauthorized: false
    });

    assert.equal(response.statusCode, 101);
    assert.equal(protocol, 'echo/1');
    assert.equal(await talk(stream), '/a?b hello', String(address));
  }
  fs.rmSync(path.dirname(local), { recursive: true });
});

test('the request: method, fields, credentials and options of the connection', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url.replace('ws://', 'http://me:secret@'), {
    protocol: ['echo/2', 'echo'],
    method: 'OPTIONS',
    headers: { connection: 'HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk', Upgrade: 'evil', 'X-Two': ['1', '2'] }
  });
  const peer = await next();
  const { headers, line } = parseHead(await peer.head());

  assert.equal(line, 'OPTIONS / HTTP/1.1');
  assert.equal(headers.connection, 'Upgrade, HTTP2-Settings');
  assert.equal(headers['http2-settings'], 'AAMAAABk');
  assert.equal(headers.upgrade, 'echo/2, echo');
  assert.equal(headers.authorization, 'Basic bWU6c2VjcmV0');
  assert.equal(headers['x-two'], '2');
  assert.equal(headers['content-length'], undefined);

  peer.write('HTTP/1.1 101 Fine\r\nUpgrade: Echo/7\r\nConnection: keep-alive, UPGRADE\r\n\r\nearly');
  const { protocol, stream } = await upgrade;

  assert.equal(protocol, 'Echo/7');
  peer.write(' late');
  peer.socket.end();
  assert.equal(await text(stream), 'early late');
});

test('an agent of the application is used, and loses the socket', async (t) => {
  const agent = new http.Agent({ keepAlive: true });
  const port = await echo(t, http.createServer());

  t.after(() => agent.destroy());
  const { stream } = await requestUpgrade(`http://127.0.0.1:${port}`, { protocol: 'echo/1', agent });

  assert.deepEqual(Object.keys(agent.sockets), []);
  assert.deepEqual(Object.keys(agent.freeSockets), []);
  assert.equal(await talk(stream), '/ hello');
});

test('nothing that arrives behind the 101 is lost, however it is cut', async (t) => {
  const bytes = Buffer.from(`HTTP/1.1 103 Early Hints\r\n\r\n${SWITCHED}head and more`);

  for (let cut = 1; cut < bytes.length; cut += 7) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol: 'echo/1' });
    const peer = await next();

    await peer.head();
    peer.write(bytes.subarray(0, cut));
    await new Promise((resolve) => setTimeout(resolve, 5));
    peer.socket.end(bytes.subarray(cut));
    const { stream } = await upgrade;

    // Nobody has listened yet.
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await text(stream), 'head and more', `cut at ${cut}`);
  }
});

test('a stream that the peer resets ends nobody', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol: 'echo/1' });
  const peer = await next();

  peer.write(SWITCHED);
  const { stream } = await upgrade;

  peer.socket.resetAndDestroy();
  await once(stream, 'close').catch(() => {});
  assert.equal(stream.destroyed, true);
});

test('an ordinary response can be read', async (t) => {
  const server = http.createServer((req, res) => {
    res.writeHead(426, { Upgrade: 'other/1' });
    res.end('x'.repeat(100_000));
  });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const agent = new http.Agent({ keepAlive: true });

  t.after(() => agent.destroy());
  for (const options of [{}, { agent }]) {
    const err = await requestUpgrade(url, { protocol: 'echo/1', ...options }).catch((reason) => reason);

    assert.equal(err.code, 'ERR_UPSHIFT_NOT_UPGRADED');
    assert.equal(err.message, 'The server has not upgraded the connection: 426 Upgrade Required');
    assert.equal(err.response.headers.upgrade, 'other/1');
    const { socket } = err.response;

    assert.equal((await text(err.response)).length, 100_000);
    await new Promise(setImmediate);
    // The agent's connection serves again; ours is nobody's any more.
    assert.equal(socket.destroyed, options.agent === undefined);
  }
});

test('an ordinary response that breaks off', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol: 'echo/1' });
  const peer = await next();

  peer.write('HTTP/1.1 200 OK\r\nUpgrade: echo/1\r\nConnection: Upgrade\r\nContent-Length: 9\r\n\r\nhalf');
  const { response } = await upgrade.catch((reason) => reason);

  assert.equal(response.statusCode, 200);
  peer.socket.resetAndDestroy();
  await assert.rejects(text(response), { code: 'ECONNRESET' });
});

test('a 101 that is not what was asked for is refused, and its connection closed', async (t) => {
  const fields = (upgrade, connection = 'Upgrade') =>
    `HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nConnection: ${connection}\r\n\r\n`;
  const answers = {
    'nobody has asked for': [
      fields('Upgrade: echo/2'),
      fields('Upgrade: echo'),
      fields('Upgrade: websocket'),
      fields('Upgrade: echo/1, evil/2'),
      fields('Upgrade: echo/1\r\nUpgrade: evil/2'),
      fields('Upgrade: HTTP/1.1')
    ],
    'do not say to what': [
      fields('Upgrade: echo/1', 'keep-alive'),
      SWITCHED.replace('Connection: Upgrade\r\n', ''),
      fields('X: y'),
      fields('Upgrade: ,,'),
      fields('Upgrade: echo/1/1'),
      fields('Upgrade: echo/1; q=1'),
      fields(`Upgrade: ${'echo/1,'.repeat(1000)}`),
      SWITCHED.replace('HTTP/1.1', 'HTTP/1.0')
    ],
    'announce content': [
      SWITCHED.replace('\r\n\r\n', '\r\nContent-Length: 4\r\n\r\nabcd'),
      SWITCHED.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
    ]
  };

  for (const [words, heads] of Object.entries(answers)) {
    for (const head of heads) {
      const { next, url } = await rawServer(t);
      const upgrade = requestUpgrade(url, { protocol: 'echo/1' });
      const peer = await next();

      await peer.head();
      peer.write(`${head}tail`);
      const err = await upgrade.catch((reason) => reason);

      assert.equal(err.code, 'ERR_UPSHIFT_INVALID_UPGRADE', head);
      assert.ok(err.message.includes(words), `${err.message}: ${head}`);
      assert.equal(err.response.statusCode, 101);
      await peer.closed;
    }
  }
});

test('TLS with the protocol inside it named', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol: ['TLS/1.3', 'TLS/1.2'] });
  const peer = await next();

  peer.write('HTTP/1.1 101 S\r\nUpgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n');
  assert.equal((await upgrade).protocol, 'TLS/1.2');
});
