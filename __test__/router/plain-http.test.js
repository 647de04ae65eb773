'use strict';

// What does a client get whose upgrade nobody takes? The ordinary answer, on a connection that goes on as HTTP/1.1.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { test } = require('node:test');

const { answerAsHttp, serve } = require('../../lib/upgrades/plain-http');
const { duplexPair } = require('../../lib/use/duplex-pair');

/** Answers with what it has read. */
async function tell(req, res) {
  const chunks = [];

  for await (const chunk of req) chunks.push(chunk);

  const { connection, upgrade } = req.headers;

  res.end(JSON.stringify({ url: req.url, length: Buffer.concat(chunks).length, connection, upgrade }));
}

/**
 * Starts a server that ignores upgrades.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] `listener` of requests, `wait` before the upgrade is ignored (ms)
 * @return {Promise<Object>} `{ port, server }`
 */
async function listen(t, { listener = tell, wait } = {}) {
  const server = http.createServer(listener);

  server.on('upgrade', (req, socket, head) => {
    if (wait === undefined) answerAsHttp(server, req, socket, head);
    else setTimeout(answerAsHttp, wait, server, req, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, server };
}

/**
 * Sends bytes and reads to the end.
 *
 * @param {Number} port The port
 * @param {String} bytes The bytes
 * @param {Boolean} [ends=false] Whether the client ends at once
 * @return {Promise<String>} What came
 */
async function exchange(port, bytes, ends = false) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';

  if (ends) socket.end(bytes);
  else socket.write(bytes);
  for await (const chunk of socket) received += chunk;
  socket.destroy();
  return received;
}

/** A request for an upgrade. */
function asking(path, fields = '', body = '') {
  return (
    `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
    `HTTP2-Settings: AAA\r\n${fields}\r\n${body}`
  );
}

const LAST = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** The bodies of some responses. */
function bodies(received) {
  return [...received.matchAll(/\{.*?\}/g)].map(([text]) => JSON.parse(text));
}

test('an upgrade is answered as an ordinary request, again and again on one connection', async (t) => {
  const { port, server } = await listen(t);
  const sockets = new Set();
  let all = '';

  server.on('connection', (socket) => sockets.add(socket));
  for (let i = 0; i < 20; i++) all += asking(`/${i}`, 'Content-Length: 5\r\n', 'hello');

  const answers = bodies(await exchange(port, all + LAST));

  assert.equal(answers.length, 21);
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(answers[i], { url: `/${i}`, length: 5, connection: 'keep-alive' });
  }
  assert.equal(sockets.size, 1, 'nobody hears of a connection twice');
  for (const [socket] of [sockets]) assert.ok(socket);
});

test('nothing is left behind on the socket', async (t) => {
  const { port, server } = await listen(t);
  const [client, [socket]] = [net.connect(port, '127.0.0.1'), await once(server, 'connection')];
  const counts = () => socket.eventNames().map((name) => `${String(name)} ${socket.listenerCount(name)}`);

  t.after(() => client.destroy());
  client.write(asking('/0'));
  await once(client, 'data');

  const before = counts();

  for (let i = 0; i < 5; i++) {
    client.write(asking('/'));
    await once(client, 'data');
  }

  assert.deepEqual(counts(), before);
});

test('a chunked body of any length arrives, however late the decision', async (t) => {
  for (const wait of [undefined, 30]) {
    const { port } = await listen(t, { wait });
    const req = http.request({ port, method: 'POST', headers: { Connection: 'Upgrade', Upgrade: 'x' } });

    for (let i = 0; i < 32; i++) req.write(Buffer.alloc(65536));
    req.end();

    const [res] = await once(req, 'response');

    assert.equal(JSON.parse((await res.toArray()).join('')).length, 32 * 65536);
  }
});

test('a small chunked body and the request behind it keep apart', async (t) => {
  const { port } = await listen(t);
  const chunked = asking('/a', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n');

  assert.deepEqual(
    bodies(await exchange(port, chunked + LAST)).map(({ url, length }) => [url, length]),
    [
      ['/a', 3],
      ['/last', 0]
    ]
  );
});

test('a client that has ended is answered all the same', async (t) => {
  const { port } = await listen(t, { wait: 30, listener: (req, res) => res.end('ordinary') });

  assert.match(await exchange(port, asking('/'), true), /ordinary$/);
});

test('what is behind unfinished responses waits for its turn', async (t) => {
  const { port } = await listen(t, { listener: (req, res) => setTimeout(() => res.end(req.url), 20) });
  const slow = 'GET /slow HTTP/1.1\r\nHost: h\r\n\r\n';
  const received = await exchange(port, slow + slow + asking('/upgrade') + LAST);

  assert.deepEqual(received.match(/\/(?:slow|upgrade|last)$|\/(?:slow|upgrade)(?=HTTP)/g), [
    '/slow',
    '/slow',
    '/upgrade',
    '/last'
  ]);
});

test('the keep-alive timeout of a response before does not end it', async (t) => {
  const { port, server } = await listen(t, {
    listener: (req, res) => setTimeout(() => res.end(req.url), req.url === '/first' ? 10 : 1300)
  });

  server.keepAliveTimeout = 1;
  server.keepAliveTimeoutBuffer = 1;
  assert.match(
    await exchange(port, `GET /first HTTP/1.1\r\nHost: h\r\n\r\n${asking('/upgrade')}${LAST}`),
    /\/first[^]*\/upgrade[^]*\/last$/
  );
});

test('expectations are met', async (t) => {
  const { port } = await listen(t);
  const client = net.connect(port, '127.0.0.1');

  t.after(() => client.destroy());
  client.write(asking('/', 'Expect: 100-continue\r\nContent-Length: 3\r\n'));
  assert.equal(String((await once(client, 'data'))[0]), 'HTTP/1.1 100 Continue\r\n\r\n');
  client.write('abc');
  assert.match(String((await once(client, 'data'))[0]), /^HTTP\/1.1 200 OK\r\n[^]*"length":3/);
});

test('nothing of the upgrade is left in a request whose body is still on its way', async (t) => {
  const seen = [];
  const listener = (req, res) => {
    seen.push(req.headers.upgrade, req.headers['http2-settings'], ...req.rawHeaders.map((text) => text.toLowerCase()));
    req.resume().on('end', () => res.end('done'));
  };
  const { port } = await listen(t, { listener });
  const client = net.connect(port, '127.0.0.1');

  t.after(() => client.destroy());
  client.write(asking('/', 'HTTP2-Settings: AAMAAABk\r\nContent-Length: 3\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  client.write('abc');
  assert.match(String((await once(client, 'data'))[0]), /^HTTP\/1.1 200 /);
  assert.deepEqual(seen.slice(0, 2), [undefined, undefined]);
  for (const name of ['upgrade', 'http2-settings']) assert.equal(seen.includes(name), false);
  assert.ok(seen.includes('content-length'));
});

test('a request with more fields than Node reads is not read again: its length may be among the missing', async (t) => {
  const { port } = await listen(t);
  const many = 'a:\r\n'.repeat(1100);
  const inside = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  const received = await exchange(port, asking('/', `${many}Content-Length: ${inside.length}\r\n`, inside));

  assert.match(received, /^HTTP\/1.1 431 /);
  assert.doesNotMatch(received, /smuggled/);
});

test('any Duplex can be given to a server, with bytes in front', async () => {
  const [ours, theirs] = duplexPair();
  const server = http.createServer(tell);
  const bytes = Buffer.from('POST /in/front HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nsome');
  let connections = 0;

  server.on('connection', () => connections++);
  serve(server, ours, bytes);
  theirs.write(`more${LAST}`);

  let received = '';

  theirs.on('data', (chunk) => (received += chunk));
  await once(theirs, 'end');
  assert.deepEqual(
    bodies(received).map(({ url, length }) => [url, length]),
    [
      ['/in/front', 8],
      ['/last', 0]
    ]
  );
  assert.equal(connections, 0);
});
