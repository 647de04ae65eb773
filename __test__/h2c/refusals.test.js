'use strict';

// What does a client get that asks for HTTP/2 wrongly, or stops half-way? A refusal, the ordinary answer, or the end of its
// connection; never somebody else's, and never more than that.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const path = require('node:path');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { readsBodies } = require('../../lib/upgrades/body-reading');
const { upgradeToH2c } = require('../..');
const { RawClient } = require('../support/raw-client');
const { listening, tell } = require('../router/support');
const { GET, H2cClient, PREFACE, asking, ended, exchange, frame, settings, withH2c } = require('./support');

const fixtures = path.join(__dirname, '../fixtures');

/** Codes of errors. */
const PROTOCOL_ERROR = 1;
const FRAME_SIZE_ERROR = 6;

/** What a client sends that did not wait for the answer. */
const HASTY = Buffer.concat([PREFACE, settings(), frame(1, 5, 3, GET)]);

/** Requests that are refused, and with what. */
const REFUSED = [
  ['no settings', { 'HTTP2-Settings': null }, 'Missing HTTP2-Settings header'],
  ['two settings', { 'HTTP2-Settings': ['AAMAAABk', 'AAMAAABk'] }, 'Repeated HTTP2-Settings header'],
  ['empty settings', { 'HTTP2-Settings': '' }, 'Invalid HTTP2-Settings header'],
  ['padded settings', { 'HTTP2-Settings': 'AAMAAABk=' }, 'Invalid HTTP2-Settings header'],
  ['settings in base64', { 'HTTP2-Settings': 'AAQAAP//' }, 'Invalid HTTP2-Settings header'],
  ['half a setting', { 'HTTP2-Settings': 'AAMA' }, 'Invalid HTTP2-Settings header'],
  ['a window that cannot be', { 'HTTP2-Settings': 'AASAAAAA' }, 'Invalid HTTP2-Settings header'],
  ['settings that are not listed', { Connection: 'Upgrade' }, 'HTTP2-Settings is not listed in the Connection header'],
  ['no host', { Host: null }, 'Missing Host header'],
  ['two hosts', { Host: ['a', 'b'] }, 'Repeated Host header'],
  ['a host with a user', { Host: 'a@b' }, 'Invalid Host header'],
  ['a coding nobody knows', { 'Transfer-Encoding': 'gzip, chunked' }, 'Invalid request body']
];

/** Requests that are plain HTTP. */
const PLAIN = [
  ['no Connection', { headers: { Connection: 'close, HTTP2-Settings' } }],
  ['HTTP/1.0', { version: '1.0' }],
  ['a version of h2c', { headers: { Upgrade: 'h2c/1' } }],
  ['something else', { headers: { Upgrade: 'h2' } }],
  ['an empty list', { headers: { Upgrade: ',' } }],
  ['illegal characters', { headers: { Upgrade: 'h2c, a b' } }],
  ['too many fields', { headers: Object.fromEntries(Array.from({ length: 125 }, (_, n) => [`X-${n}`, '1'])) }]
];

for (const [name, headers, text] of REFUSED) {
  test(`400: ${name}`, async (t) => {
    const { port, sessions } = await withH2c(t);
    const response = await exchange(port, Buffer.concat([Buffer.from(asking({ headers })), HASTY]));

    assert.match(response, /^HTTP\/1.1 400 Bad Request\r\n[^]*Connection: close\r\n/);
    assert.equal(response.slice(response.indexOf('\r\n\r\n') + 4), text, 'and no byte behind it');
    assert.equal(sessions.length, 0);
  });
}

for (const [name, request] of PLAIN) {
  test(`plain HTTP: ${name}`, async (t) => {
    const { port, sessions } = await withH2c(t);
    const raw = await RawClient.connect(port);

    raw.write(asking({ path: '/plain', ...request }));
    assert.match(await raw.head(), /^HTTP\/1.1 200 /);
    raw.socket.destroy();
    assert.equal(sessions.length, 0);
  });
}

test('plain HTTP: a thousand protocols', async (t) => {
  const { port, sessions } = await withH2c(t);
  const many = Array.from({ length: 1000 }, (_, n) => `p${n}`);
  const raw = await RawClient.connect(port);

  raw.write(asking({ headers: { Upgrade: many.join(',') } }));
  assert.match(await raw.head(), /^HTTP\/1.1 200 /);
  raw.socket.destroy();
  assert.equal(sessions.length, 0);
});

test('plain HTTP: over TLS, where ALPN decides', async (t) => {
  const server = https.createServer(
    {
      key: fs.readFileSync(path.join(fixtures, 'localhost-key.pem')),
      cert: fs.readFileSync(path.join(fixtures, 'localhost-cert.pem'))
    },
    tell
  );
  const { port, sessions } = await withH2c(t, { server });
  const raw = await RawClient.connect({ port, host: '127.0.0.1', tls: true });

  raw.write(asking({ headers: { Connection: 'close, Upgrade, HTTP2-Settings' } }));
  assert.match(String(await raw.rest()), /^HTTP\/1.1 200 /);

  const prior = await RawClient.connect({ port, host: '127.0.0.1', tls: true });

  prior.write(Buffer.concat([PREFACE, settings()]));
  assert.match(String(await prior.rest()), /^HTTP\/1.1 400 /);
  assert.equal(sessions.length, 0);
});

// Where Node reads the body, all that is known is that it does not come.
test(`${readsBodies() ? 408 : 400}: a body that is none`, async (t) => {
  const { port, sessions } = await withH2c(t, { limits: { upgradeTimeout: 200 } });
  const expected = readsBodies()
    ? /^HTTP\/1.1 408 [^]*\r\n\r\nThe upgrade has timed out$/
    : /^HTTP\/1.1 400 [^]*\r\n\r\nInvalid request body$/;

  for (const body of ['x\r\n', '5\r\nhelloX', '5\r\nhello\r\n-1\r\n']) {
    const head = asking({ method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } });

    assert.match(await exchange(port, head + body), expected, body);
  }
  assert.equal(sessions.length, 0);
});

test('408: a body that does not come', async (t) => {
  const { port } = await withH2c(t, { limits: { upgradeTimeout: 50 } });
  const response = await exchange(port, asking({ method: 'POST', headers: { 'Content-Length': 10 } }) + 'half');

  assert.match(response, /^HTTP\/1.1 408 /);
});

test('the end: HTTP/2 does not begin, or something else comes', async (t) => {
  const { port, sessions } = await withH2c(t, { limits: { upgradeTimeout: 200 } });

  for (const said of ['', 'PRI * HTTP/2.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', PREFACE]) {
    const raw = await RawClient.connect(port);

    raw.write(asking());
    assert.match(await raw.head(), /^HTTP\/1.1 101 /);
    raw.write(said);
    assert.equal(String(await raw.rest()), '');
  }
  assert.equal(sessions.length, 0);
});

test('the end: a body that is longer than it was said to be', async (t) => {
  const { port, sessions } = await withH2c(t);
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

  for (const [headers, body] of [
    [{ 'Content-Length': 3 }, 'abcdef'],
    [{ 'Content-Length': 0 }, smuggled],
    [{ 'Content-Length': 3 }, `abc${smuggled}`],
    [{ 'Transfer-Encoding': 'chunked' }, `3\r\nabc\r\n0\r\n\r\n${smuggled}`]
  ]) {
    for (const isLater of [false, true]) {
      const raw = await RawClient.connect(port);
      const head = asking({ method: 'POST', headers });

      raw.write(isLater ? head : head + body);
      if (isLater) {
        await sleep(20);
        raw.write(body);
      }
      // What is behind the body would have to be HTTP/2.
      assert.match(
        String(await raw.rest()),
        /^HTTP\/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n$/
      );
    }
  }
  assert.equal(sessions.length, 0);
});

test('GOAWAY: the first frame is not what it has to be', async (t) => {
  const { port } = await withH2c(t);

  // Node 20 says INTERNAL_ERROR.
  const wrong = process.versions.node.startsWith('20.') ? 2 : PROTOCOL_ERROR;

  for (const [first, expected] of [
    [frame(6, 0, 0, 'pingpong'), wrong],
    [frame(4, 1, 0), wrong],
    [frame(4, 0, 3), wrong],
    [frame(4, 0, 0, 'five5'), FRAME_SIZE_ERROR],
    [frame(4, 0, 0, Buffer.alloc(16_386)), FRAME_SIZE_ERROR]
  ]) {
    const client = await H2cClient.open(port, {}, first);

    assert.equal(await client.goaway(), expected);
    client.raw.socket.destroy();
  }
});

test('a client that leaves within its body is noticed', async (t) => {
  const http2Server = http2.createServer();
  const server = http.createServer(tell);

  for (const leave of ['end', 'destroy', 'resetAndDestroy']) {
    const outcome = new Promise((resolve) => {
      server.once('upgrade', (req, socket, head) => {
        upgradeToH2c(req, socket, head, { server: http2Server, upgradeTimeout: 0 }).then(resolve, resolve);
      });
    });
    const port = server.listening ? server.address().port : await listening(t, server);
    const raw = await RawClient.connect(port);

    raw.write(`${asking({ method: 'POST', headers: { 'Content-Length': 10 } })}half`);
    await sleep(20);
    raw.socket[leave]();
    assert.equal((await outcome).code, 'ERR_UPSHIFT_SOCKET_CLOSED', leave);
    raw.socket.destroy();
  }
});

test('a client that leaves costs nothing, wherever it was', async (t) => {
  const { port, server, sessions } = await withH2c(t, { handler: (req, res) => req.pipe(res) });
  const body = 'x'.repeat(300_000);
  const request = asking({ method: 'POST', body });
  const opened = Buffer.concat([PREFACE, settings(), frame(1, 5, 3, GET)]);

  for (const leave of ['destroy', 'end', 'resetAndDestroy']) {
    for (const [sent, then] of [
      [asking().slice(0, 50)],
      [request.slice(0, -100_000)],
      [asking()],
      [request],
      [request, PREFACE.subarray(0, 10)],
      [request, opened.subarray(0, 30)],
      [request, opened],
      [asking(), opened]
    ]) {
      const raw = await RawClient.connect(port);

      raw.write(sent);
      if (then !== undefined) {
        await raw.head();
        raw.write(then);
      }
      await sleep(5);
      raw.socket[leave]();
      if (leave === 'end') await Promise.race([raw.rest(), sleep(50)]);
      raw.socket.destroy();
    }
  }

  // All of it is over, and others are served.
  for (const session of sessions) await ended(session);
  const client = await H2cClient.open(port);

  assert.ok((await client.response(1)).isOk);
  client.raw.socket.destroy();
  for (let left = 1; left > 0; await sleep(5))
    left = await new Promise((done) => server.getConnections((_, n) => done(n)));
});
