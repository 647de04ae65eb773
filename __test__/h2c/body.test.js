'use strict';

// What becomes of the body of an upgraded request? It follows on stream 1, however it came, at the server's pace, and the
// client notices nothing of how.

const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { RawClient } = require('../support/raw-client');
const {
  DATA,
  END_STREAM,
  H2cClient,
  HEADERS,
  PREFACE,
  RST_STREAM,
  WINDOW_UPDATE,
  asking,
  ended,
  exchange,
  frame,
  settings,
  tellHttp2,
  windowUpdate,
  withH2c
} = require('./support');

const MIB = 1024 * 1024;

/** A body whose every part differs. */
const BODY = Array.from({ length: 150_000 }, (_, n) => (n % 1e6).toString().padStart(6, '0')).join('');

/**
 * Writes a body in chunks.
 *
 * @param {String} body The body
 * @param {Number} size The size of a chunk
 * @return {String} The chunks
 */
function inChunks(body, size) {
  const chunks = body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];

  return [...chunks.map((chunk) => `${chunk.length.toString(16)};x=y\r\n${chunk}\r\n`), '0\r\nX: y\r\n\r\n'].join('');
}

/** Answers with the body. */
function echo(req, res) {
  req.pipe(res);
}

test('bodies of any length arrive', async (t) => {
  const { port } = await withH2c(t, { handler: echo });

  for (const length of [1, 16_384, 16_385, 65_535, 65_536, 131_071, 900_000]) {
    const body = BODY.slice(0, length);
    const client = await H2cClient.open(port, { method: 'POST', body }, settings({ 4: 65_535 }));
    const response = await client.response(1);

    assert.ok(response.isOk && response.body === body, `${length}`);
    client.get(3);
    assert.ok((await client.response(3)).isOk);
    client.raw.socket.destroy();
  }
});

test('bodies in chunks arrive', async (t) => {
  const { port } = await withH2c(t, { handler: echo });

  for (const [length, size] of [
    [0, 1],
    [10, 1],
    [5000, 7],
    [300_000, 65_000]
  ]) {
    const body = BODY.slice(0, length);
    const client = await RawClient.connect(port);

    client.write(asking({ method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' } }) + inChunks(body, size));
    assert.match(await client.head(), /^HTTP\/1.1 101 /);
    client.write(Buffer.concat([PREFACE, settings()]));
    assert.equal((await new H2cClient(client).response(1)).body, body);
    client.socket.destroy();
  }
});

test('a client that expects it is told to continue, and then of the upgrade', async (t) => {
  const { port } = await withH2c(t, { handler: echo });
  const raw = await RawClient.connect(port);

  raw.write(asking({ method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 5 } }));
  assert.equal(await raw.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
  await sleep(20);
  assert.equal(raw.received.length + raw.pending, 0);
  raw.write('hello');
  assert.match(await raw.head(), /^HTTP\/1.1 101 /);
  raw.write(Buffer.concat([PREFACE, settings()]));
  assert.equal((await new H2cClient(raw).response(1)).body, 'hello');
});

test('what the server says about its room for the body stays between us', async (t) => {
  const { port } = await withH2c(t);
  const client = await H2cClient.open(port, { method: 'POST', body: BODY });

  assert.equal(JSON.parse((await client.response(1)).body).length, BODY.length);
  client.raw.write(frame(6, 0, 0, 'pingpong'));
  while ((await client.frame()).type !== 6);
  assert.deepEqual(
    client.frames.filter(({ type }) => type === WINDOW_UPDATE),
    []
  );

  // It has everything it was promised, and no more than that.
  await client.post(3, 500_000);
  assert.equal(JSON.parse((await client.response(3)).body).length, 500_000);
  assert.ok(client.window <= 65_535 && client.window > 0, `${client.window}`);
});

test('other requests are served while the body waits', async (t) => {
  let resume;
  const { port } = await withH2c(t, {
    handler(req, res) {
      if (req.stream.id === 1) resume = () => req.pipe(res);
      else req.resume().on('end', () => res.end('other'));
    }
  });
  const client = await H2cClient.open(port, { method: 'POST', body: BODY });

  client.get(3);
  assert.equal((await client.response(3)).body, 'other');
  await client.post(5, 65_535);
  assert.equal((await client.response(5)).body, 'other');
  resume();
  assert.equal((await client.response(1)).body.length, BODY.length);
  await client.post(7, 300_000);
  assert.equal((await client.response(7)).body, 'other');
});

test('any window of the server is obeyed', async (t) => {
  for (const [initialWindowSize, whole] of [
    [0, 0],
    [1000, 0],
    [65_535, 100_000],
    [MIB, 5 * MIB],
    [MIB, 2 ** 31 - 1]
  ]) {
    const http2Server = http2.createServer({ settings: { initialWindowSize } }, echo);

    http2Server.on('session', (session) => {
      if (whole > 0) session.setLocalWindowSize(whole);
    });

    const { port } = await withH2c(t, { handler: http2Server });
    const client = await H2cClient.open(port, { method: 'POST', body: BODY.slice(0, 200_000) });

    if (initialWindowSize === 0) {
      // Node never makes room on a stream that got none; what matters is that nothing breaks.
      client.get(3);
      assert.ok((await client.response(3)).isOk);
    } else {
      assert.equal((await client.response(1)).body.length, 200_000, `${initialWindowSize}`);
    }
    client.raw.socket.destroy();
  }
});

test('a body that is reset is not sent any more', async (t) => {
  const seen = [];
  const { port } = await withH2c(t, {
    handler(req, res) {
      if (req.stream.id !== 1) return tellHttp2(req, res);
      req.once('data', () => req.pause());
      req.on('aborted', () => seen.push('aborted'));
    }
  });
  const client = await H2cClient.open(port, { method: 'POST', body: BODY });

  client.raw.write(frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 8])));
  client.get(3);
  assert.ok((await client.response(3)).isOk);
  assert.deepEqual(seen, ['aborted']);
  await client.post(5, 200_000);
  assert.equal(JSON.parse((await client.response(5)).body).length, 200_000);
});

test('a server may answer without reading it', async (t) => {
  const { port } = await withH2c(t, {
    handler: (req, res) => (req.stream.id === 1 ? res.end('enough') : tellHttp2(req, res))
  });
  const client = await H2cClient.open(port, { method: 'POST', body: BODY });

  assert.equal((await client.response(1)).body, 'enough');
  client.get(3);
  assert.ok((await client.response(3)).isOk);
  await client.post(5, 65_535);
  assert.equal(JSON.parse((await client.response(5)).body).length, 65_535);
});

test('a client cannot add to its body', async (t) => {
  for (const type of [DATA, HEADERS]) {
    let length = 0;
    const { port, sessions } = await withH2c(t, {
      handler: (req) => req.on('data', (bytes) => (length += bytes.length))
    });
    const smuggled = frame(type, END_STREAM, 1, type === DATA ? 'more' : Buffer.from([0x82]));
    const client = await H2cClient.open(port, { method: 'POST', body: BODY }, Buffer.concat([settings(), smuggled]));

    // Node says PROTOCOL_ERROR, but 20 just closes.
    assert.equal(await client.goaway().catch(() => 'the end'), process.versions.node.startsWith('20.') ? 'the end' : 1);
    assert.ok(length < BODY.length);
    client.raw.socket.destroy();
    await ended(sessions[0]);
  }
});

test('a body above the limit is answered as HTTP/1.1', async (t) => {
  const { port, sessions } = await withH2c(t, { limits: { maxUpgradeBody: 1000 } });
  const body = 'x'.repeat(1001);
  const chunked = { 'Transfer-Encoding': 'chunked', Connection: 'close, Upgrade, HTTP2-Settings' };
  const whole = { Connection: 'close, Upgrade, HTTP2-Settings' };

  for (const bytes of [
    asking({ method: 'POST', body, headers: whole }),
    asking({ method: 'POST', headers: chunked }) + inChunks(body, 2000),
    asking({ method: 'POST', headers: chunked }) + inChunks(body, 400),
    asking({ method: 'POST', headers: chunked }) + inChunks(body, 1000)
  ]) {
    const response = await exchange(port, bytes);

    assert.match(response, /^HTTP\/1.1 200 [^]*"length":1001/);
    assert.equal(response.includes('"upgrade":'), false);
  }

  const continued = await RawClient.connect(port);

  continued.write(asking({ method: 'POST', headers: { ...chunked, Expect: '100-continue' } }));
  assert.equal(await continued.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
  continued.write(inChunks(body, 600));
  assert.match(String(await continued.rest()), /^HTTP\/1.1 200 [^]*"length":1001/);
  assert.equal(sessions.length, 0);

  const client = await H2cClient.open(port, { method: 'POST', body: body.slice(1) });

  assert.equal(JSON.parse((await client.response(1)).body).length, 1000);
});

test('a slow reader slows nobody but itself', async (t) => {
  const { port, sessions } = await withH2c(t, { handler: echo });
  // The client takes nothing of the response: so the server reads no more of the request than it has room for.
  const client = await H2cClient.open(port, { method: 'POST', body: BODY, headers: { 'HTTP2-Settings': 'AAQAAAAA' } });

  client.get(3);
  // No room for the response on stream 3 either, but its fields come.
  while ((await client.frame()).type !== HEADERS || client.frames.at(-1).stream !== 3);
  client.raw.write(Buffer.concat([windowUpdate(1, 2 * MIB), windowUpdate(0, 2 * MIB)]));
  assert.equal((await client.response(1)).body.length, BODY.length);
  client.raw.socket.destroy();
  await ended(sessions[0]);
});
