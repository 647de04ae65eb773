'use strict';

// Does a connection go on inside TLS, and is the request answered there?

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { ASKING, answer, ask, listen, secure } = require('./support');
const { RawClient } = require('../support/raw-client');

test('the request is answered inside TLS, and the connection goes on', async (t) => {
  const { port } = await listen(t);
  const { client, head } = await ask(t, port);

  assert.equal(head, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3, HTTP/1.1\r\n\r\n');
  const secured = await secure(client, { ALPNProtocols: ['h2', 'http/1.1'] });

  assert.equal(secured.socket.alpnProtocol, 'http/1.1');
  const { body, status } = await answer(secured);

  assert.equal(status, 200);
  assert.equal(body.url, '/first');
  assert.equal(body.encrypted, true);
  assert.equal(body.headers.upgrade, undefined);
  assert.equal(body.headers.connection, undefined);

  for (const url of ['/second', '/third']) {
    secured.write(`GET ${url} HTTP/1.1\r\nHost: h\r\n\r\n`);
    const next = await answer(secured);

    assert.equal(next.body.url, url);
    assert.equal(next.body.encrypted, true);
  }
});

test('OPTIONS *', async (t) => {
  const { port } = await listen(t);
  const { client } = await ask(t, port, `OPTIONS * HTTP/1.1\r\n${ASKING}\r\n`);
  const { body } = await answer(await secure(client));

  assert.equal(body.method, 'OPTIONS');
  assert.equal(body.url, '*');
});

test('a body is read first, and is there inside TLS', async (t) => {
  const { port } = await listen(t);
  const large = 'x'.repeat(1024 * 1024);
  const bodies = [
    ['Content-Length: 5\r\n', 'hello', 'hello'],
    ['Content-Length: 0\r\n', '', ''],
    [`Content-Length: ${large.length}\r\n`, large, large],
    ['Transfer-Encoding: chunked\r\n', '2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n', 'hello'],
    ['Transfer-Encoding: chunked\r\n', `0\r\n\r\n`, ''],
    ['Transfer-Encoding: chunked\r\n', `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`, large]
  ];

  for (const [fields, raw, text] of bodies) {
    const { client } = await ask(t, port, `POST / HTTP/1.1\r\n${ASKING}${fields}\r\n${raw}`);
    const { body } = await answer(await secure(client));

    assert.equal(body.length, text.length);
    assert.ok(text.startsWith(body.text));
  }
});

test('a body is announced inside TLS as it was before', async (t) => {
  const { port } = await listen(t);
  const bodies = [
    [['Content-Length: 5'], 'hello', { text: 'hello', length: '5', trailers: [] }],
    [
      ['Trailer: X-T', 'Transfer-Encoding: chunked'],
      '5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
      { text: 'hello', coding: 'chunked', trailers: ['X-T', '1'] }
    ],
    [
      ['Transfer-Encoding: gzip, chunked'],
      '5\r\n\x1f\x8b\xffab\r\n0\r\n\r\n',
      { text: '\x1f\x8b\xffab', coding: 'gzip, chunked', trailers: [] }
    ],
    [
      ['Transfer-Encoding: gzip', 'Transfer-Encoding: Chunked'],
      '1\r\nx\r\n0\r\n\r\n',
      { text: 'x', coding: 'gzip, Chunked', trailers: [] }
    ]
  ];

  for (const [fields, raw, expected] of bodies) {
    for (const isLater of [false, true]) {
      const client = await RawClient.connect({ port, host: '127.0.0.1' });
      const head = `POST / HTTP/1.1\r\n${ASKING}${fields.join('\r\n')}\r\n\r\n`;

      t.after(() => client.socket.destroy());
      client.socket.write(isLater ? head : head + raw, 'latin1');
      if (isLater) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        client.socket.write(raw, 'latin1');
      }
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);

      const { body } = await answer(await secure(client));
      const { 'content-length': length, 'transfer-encoding': coding } = body.headers;

      assert.deepEqual(
        { text: body.text, length, coding, trailers: body.trailers },
        { length: undefined, coding: undefined, ...expected }
      );
    }
  }
});

test('chunks that come in pieces', async (t) => {
  const { port } = await listen(t);
  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  client.write(`POST / HTTP/1.1\r\n${ASKING}Transfer-Encoding: chunked\r\n\r\n`);
  for (const byte of '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n') {
    client.write(byte);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  assert.equal((await answer(await secure(client))).body.text, 'hello world');
});

test('a body that comes in pieces, asked for', async (t) => {
  const { port } = await listen(t);
  const { client, head } = await ask(
    t,
    port,
    `POST / HTTP/1.1\r\n${ASKING}Expect: 100-continue\r\nContent-Length: 6\r\n\r\n`
  );

  assert.equal(head, 'HTTP/1.1 100 Continue\r\n\r\n');
  for (const part of ['ab', 'cd', 'ef']) {
    client.write(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  const { body, status } = await answer(await secure(client));

  assert.equal(status, 200);
  assert.equal(body.text, 'abcdef');
  assert.equal(body.headers.expect, undefined);
});
