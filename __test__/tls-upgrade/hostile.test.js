'use strict';

// What does a client cost that asks for TLS and then does something else? Its connection, and nothing more.

const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { once } = require('node:events');
const { test } = require('node:test');

const { ASKING, answer, ask, listen, secure } = require('./support');
const { RawClient } = require('../support/raw-client');
const { readsBodies } = require('../../lib/upgrades/body-reading');
const { duplexPair } = require('../../lib/use/duplex-pair');

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that still serves everybody. */
async function isWell(t, port) {
  const { client } = await ask(t, port);

  assert.equal((await answer(await secure(client))).body.encrypted, true);
}

test('garbage, HTTP, half a ClientHello or nothing instead of a handshake', async (t) => {
  const { outcomes, port, server } = await listen(t, { upgradeTimeout: 300 });
  const hello = Buffer.from('1603010200010001fc0303', 'hex');
  const sendings = [
    'garbage'.repeat(1000),
    'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
    hello,
    '',
    Buffer.alloc(100_000, 0x16)
  ];

  for (const sending of sendings) {
    const { client } = await ask(t, port);

    client.socket.on('error', () => {});
    client.write(sending);
    const rest = await client.rest();

    // At most an alert: nothing of HTTP comes after the 101.
    assert.ok(rest.length <= 7, String(rest));
    await client.closed;
  }

  for (const outcome of await Promise.all(outcomes)) assert.ok(outcome instanceof Error);
  await isWell(t, port);
  assert.equal(await connections(server), 1);
});

test('clients that leave, at each moment', async (t) => {
  const { outcomes, port, server } = await listen(t, { upgradeTimeout: 5000 });
  const request = `POST / HTTP/1.1\r\n${ASKING}Content-Length: 5\r\n\r\n`;

  for (const leave of ['end', 'resetAndDestroy']) {
    for (const bytes of [request, `${request}abc`, `${request}abcde`]) {
      const socket = net.connect(port, '127.0.0.1');

      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      await pause(30);
      socket[leave]();
      socket.resume();
      if (!socket.closed) await once(socket, 'close');
    }
  }

  assert.equal(outcomes.length, 6);
  for (const outcome of await Promise.all(outcomes)) assert.ok(outcome instanceof Error);
  await isWell(t, port);
  assert.equal(await connections(server), 1);
});

test('a client that leaves in the middle of the handshake', async (t) => {
  const { outcomes, port } = await listen(t);
  const { client } = await ask(t, port);

  client.write(Buffer.from('16030100', 'hex'));
  await pause(20);
  client.socket.resetAndDestroy();
  assert.equal((await outcomes[0]).code, 'ECONNRESET');
  await isWell(t, port);
});

test('a handshake that comes byte by byte', async (t) => {
  const { outcomes, port } = await listen(t, { upgradeTimeout: 300 });
  const { client } = await ask(t, port);
  const began = Date.now();
  const timer = setInterval(() => client.write(Buffer.from([0x16])), 20);

  client.write(Buffer.from('1603014000', 'hex'));
  t.after(() => clearInterval(timer));
  await client.closed;
  assert.ok(Date.now() - began < 5000);
  assert.equal((await outcomes[0]).code, 'ERR_UPSHIFT_UPGRADE_TIMEOUT');
});

test('requests that are pipelined before and behind', async (t) => {
  const { port, server } = await listen(t);

  server.prependListener('request', (req, res) => {
    if (req.url !== '/slow') return;

    const { end } = res;

    res.end = (...args) => setTimeout(() => end.apply(res, args), 100);
  });
  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  client.write(`GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /asks HTTP/1.1\r\n${ASKING}\r\n`);
  assert.equal((await answer(client)).body.url, '/slow');
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  assert.equal((await answer(await secure(client))).body.url, '/asks');

  // Behind it nothing but TLS is read.
  const second = await RawClient.connect({ port, host: '127.0.0.1' });

  second.write(`GET /asks HTTP/1.1\r\n${ASKING}\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`);
  assert.match(await second.head(), /^HTTP\/1\.1 101 /);
  assert.equal((await second.rest()).includes('HTTP/1.1'), false);
});

test('a body that never ends, or never comes', async (t) => {
  const { outcomes, port } = await listen(t, { upgradeTimeout: 100 });

  for (const part of ['', 'abc']) {
    const { client, head } = await ask(t, port, `POST / HTTP/1.1\r\n${ASKING}Content-Length: 5\r\n\r\n${part}`);

    assert.match(head, /^HTTP\/1\.1 408 /);
    assert.equal((await client.rest()).toString(), 'The upgrade has timed out');
  }
  assert.equal((await outcomes[0]).code, 'ERR_UPSHIFT_UPGRADE_TIMEOUT');
  await isWell(t, port);
});

test('a body above the limit is answered without TLS', async (t) => {
  const { outcomes, port } = await listen(t, { maxUpgradeBody: 10 });
  const bodies = [
    ['Content-Length: 11', 'hello world'],
    ['Transfer-Encoding: chunked', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'],
    ['Transfer-Encoding: chunked', 'b\r\nhello world\r\n0\r\n\r\n']
  ];

  for (const [field, raw] of bodies) {
    const client = await RawClient.connect({ port, host: '127.0.0.1' });

    t.after(() => client.socket.destroy());
    client.write(`POST / HTTP/1.1\r\n${ASKING}${field}\r\n\r\n${raw}`);
    const { body, status } = await answer(client);

    assert.equal(status, 200);
    assert.equal(body.encrypted, false);
    assert.equal(body.text, 'hello world');
    assert.equal(await outcomes.at(-1), null);
  }
});

test('a body that is longer than it was said to be is followed by what is no TLS', async (t) => {
  const { outcomes, port } = await listen(t);
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  const bodies = [
    ['Content-Length: 3', 'abcdef'.repeat(10)],
    ['Content-Length: 0', smuggled],
    ['Content-Length: 3', `abc${smuggled}`],
    ['Transfer-Encoding: chunked', `3\r\nabc\r\n0\r\n\r\n${smuggled}`]
  ];

  for (const [field, raw] of bodies) {
    for (const isLater of [false, true]) {
      const client = await RawClient.connect({ port, host: '127.0.0.1' });
      const head = `POST / HTTP/1.1\r\n${ASKING}${field}\r\n\r\n`;

      t.after(() => client.socket.destroy());
      client.write(isLater ? head : head + raw);
      if (isLater) {
        await pause(20);
        client.write(raw);
      }
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);
      // At most an alert.
      assert.ok((await client.rest()).length <= 7);
      assert.ok((await outcomes.at(-1)) instanceof Error);
    }
  }
});

test('a body that is none', async (t) => {
  const { port } = await listen(t, { upgradeTimeout: 300 });
  const bodies = ['x\r\n', '5\r\nhellooo\r\n', '5\nhello\r\n'];

  for (const raw of bodies) {
    const client = await RawClient.connect({ port, host: '127.0.0.1' });

    t.after(() => client.socket.destroy());
    client.write(`POST / HTTP/1.1\r\n${ASKING}Transfer-Encoding: chunked\r\n\r\n${raw}`);
    // Where Node reads bodies itself, it does not tell.
    assert.match((await client.rest()).toString(), readsBodies() ? /^HTTP\/1\.1 408 / : /^HTTP\/1\.1 400 /);
  }
});

test('a ClientHello that does not wait for the 101 is not lost', async (t) => {
  const { port } = await listen(t);
  const [ours, theirs] = duplexPair();
  const secured = tls.connect({ socket: ours, rejectUnauthorized: false });
  const [[hello], client] = await Promise.all([once(theirs, 'data'), RawClient.connect({ port, host: '127.0.0.1' })]);
  const inside = new RawClient(secured);

  t.after(() => client.socket.destroy());
  client.write(Buffer.concat([Buffer.from(`GET /early HTTP/1.1\r\n${ASKING}\r\n`), hello]));
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  client.socket.on('data', (chunk) => theirs.write(chunk));
  theirs.on('data', (chunk) => client.write(chunk));
  theirs.write(client.received);
  assert.equal((await answer(inside)).body.url, '/early');
});

test('many at once', async (t) => {
  const { port } = await listen(t);
  const urls = Array.from({ length: 40 }, (_, i) => `/${i}`);
  const bodies = await Promise.all(
    urls.map(async (url) => {
      const { client } = await ask(t, port, `GET ${url} HTTP/1.1\r\n${ASKING}\r\n`);

      return (await answer(await secure(client))).body;
    })
  );

  assert.deepEqual(
    bodies.map(({ url }) => url),
    urls
  );
});

/** How many connections a server has. */
function connections(server) {
  return new Promise((resolve, reject) => {
    server.getConnections((err, count) => (err ? reject(err) : resolve(count)));
  });
}
