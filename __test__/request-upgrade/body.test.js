'use strict';

// Does the body of an upgrade request arrive whole, when the server reads it first and when it does not?

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { text } = require('node:stream/consumers');

const { requestUpgrade } = require('../..');
const { parseHead, rawServer } = require('../support/raw-server');

const protocol = 'echo/1';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A body that comes bit by bit. */
async function* slowly(...parts) {
  for (const part of parts) {
    yield part;
    await pause(20);
  }
}

/** Reads a number of bytes from a peer. */
const bytes = (peer, size) => peer.take(() => (peer.received.length >= size ? peer.cut(size).toString() : null));

test('a body that is there goes with its length', async (t) => {
  for (const body of ['grüße', Buffer.from('grüße'), new Uint8Array(Buffer.from('grüße'))]) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol, body });
    const peer = await next();
    const { headers, line } = parseHead(await peer.head());

    assert.equal(line, 'POST / HTTP/1.1');
    assert.equal(headers['content-length'], '7');
    assert.equal(headers['transfer-encoding'], undefined);
    assert.equal(await bytes(peer, 7), 'grüße');
    peer.write(SWITCHED);
    (await upgrade).stream.write('!');
    assert.equal(await bytes(peer, 1), '!');
  }
});

test('an empty body', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol, body: '' });
  const peer = await next();

  assert.equal(parseHead(await peer.head()).headers['content-length'], '0');
  peer.write(SWITCHED);
  await upgrade;
});

test('a stream is complete before the application gets the socket, though the server has switched before', async (t) => {
  const bodies = [slowly('abc', '', Buffer.from('defg')), Readable.from(slowly('abc', 'defg')), ['abc', 'defg']];

  for (const body of bodies) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol, body });
    const peer = await next();

    assert.equal(parseHead(await peer.head()).headers['transfer-encoding'], 'chunked');
    peer.write(`${SWITCHED}early`);
    const { stream } = await upgrade;

    stream.write('!');
    const whole = '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n!';

    assert.equal(await bytes(peer, whole.length), whole);
    peer.socket.end();
    assert.equal(await text(stream), 'early');
  }
});

test('a stream with its length announced has no framing', async (t) => {
  const { next, url } = await rawServer(t);
  const body = slowly('abc', 'defg');
  const upgrade = requestUpgrade(url, { protocol, body, headers: { 'content-length': 7 }, method: 'PUT' });
  const peer = await next();

  assert.equal(parseHead(await peer.head()).line, 'PUT / HTTP/1.1');
  peer.write(SWITCHED);
  (await upgrade).stream.write('!');
  assert.equal(await bytes(peer, 8), 'abcdefg!');
});

test('a large stream waits for the server, before and after it has switched', async (t) => {
  const { next, url } = await rawServer(t);
  const part = 'x'.repeat(64 * 1024);
  let taken = 0;
  const body = (function* () {
    for (; taken < 400; taken++) yield part;
  })();
  const upgrade = requestUpgrade(url, { protocol, body });
  const peer = await next();

  await peer.head();
  peer.socket.pause();
  await pause(100);
  assert.ok(taken < 400, 'before');
  peer.write(SWITCHED);
  await pause(100);
  assert.ok(taken < 400, 'after');
  peer.socket.resume();
  await upgrade;
  const received = await bytes(peer, 400 * (part.length + 9) + 5);

  assert.ok(received.endsWith('x\r\n0\r\n\r\n'));
});

test('a source that fails', async (t) => {
  const reason = new Error('no more');

  for (const answer of ['', SWITCHED]) {
    const { next, url } = await rawServer(t);
    const body = (async function* () {
      yield 'abc';
      await pause(50);
      throw reason;
    })();
    const upgrade = requestUpgrade(url, { protocol, body });

    upgrade.catch(() => {});
    const peer = await next();

    await peer.head();
    peer.write(answer);
    await assert.rejects(upgrade, reason);
    assert.equal((await peer.rest()).includes('\r\n0\r\n'), false);
  }

  const { url } = await rawServer(t);

  await assert.rejects(requestUpgrade(url, { protocol, body: [{}] }), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('whoever gives up lets go of the source', async (t) => {
  for (const answer of ['', SWITCHED]) {
    const { next, url } = await rawServer(t);
    const controller = new AbortController();
    const body = new Readable({ read() {} });
    const upgrade = requestUpgrade(url, { protocol, body, signal: controller.signal });

    upgrade.catch(() => {});
    const peer = await next();

    body.push('abc');
    await peer.head();
    peer.write(answer);
    await pause(20);
    controller.abort();
    await assert.rejects(upgrade, { name: 'AbortError' });
    await peer.closed;
    assert.equal(body.destroyed, true);
  }
});

test('a server that leaves between its 101 and the end of the body', async (t) => {
  const { next, url } = await rawServer(t);
  const body = new Readable({ read() {} });
  const upgrade = requestUpgrade(url, { protocol, body });

  upgrade.catch(() => {});
  const peer = await next();

  await peer.head();
  peer.write(SWITCHED);
  await pause(20);
  peer.socket.resetAndDestroy();
  await assert.rejects(upgrade, { code: 'ERR_UPSHIFT_SOCKET_CLOSED' });
  assert.equal(body.destroyed, true);
});

test('Expect: 100-continue holds the body back', async (t) => {
  const { next, url } = await rawServer(t);
  const ask = () => requestUpgrade(url, { protocol, body: 'abc', headers: { Expect: '100-continue' } });

  const wanted = ask();
  const first = await next();

  await first.head();
  await pause(50);
  assert.equal(first.received.length, 0);
  first.write('HTTP/1.1 100 Continue\r\n\r\n');
  assert.equal(await bytes(first, 3), 'abc');
  first.write(SWITCHED);
  await wanted;

  const unwanted = ask();
  const second = await next();

  await second.head();
  second.write('HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno');
  const { response } = await unwanted.catch((err) => err);

  assert.equal(await text(response), 'no');
  assert.equal((await second.rest()).toString(), '');

  // It has to be complete all the same.
  const switched = ask();
  const third = await next();

  await third.head();
  third.write(SWITCHED);
  (await switched).stream.write('!');
  assert.equal(await bytes(third, 4), 'abc!');

  // A server that does not know it says nothing.
  const ignored = ask();
  const fourth = await next();

  await fourth.head();
  assert.equal(await bytes(fourth, 3), 'abc');
  fourth.write(SWITCHED);
  await ignored;
});

test('a server that answers early reads the body to its end', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol, body: slowly('abc', 'def') });

  upgrade.catch(() => {});
  const peer = await next();

  await peer.head();
  peer.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\nfirst, ');
  const { response } = await upgrade.catch((err) => err);
  const whole = '3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n';

  assert.equal(await bytes(peer, whole.length), whole);
  peer.write('last');
  assert.equal(await text(response), 'first, last');
});

test('a stream is framed whatever the method', async (t) => {
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol, method, body: slowly('abc') });
    const peer = await next();

    assert.equal(parseHead(await peer.head()).headers['transfer-encoding'], 'chunked', method);
    peer.write(SWITCHED);
    await upgrade;
    assert.equal(await bytes(peer, 13), '3\r\nabc\r\n0\r\n\r\n');
  }
});
