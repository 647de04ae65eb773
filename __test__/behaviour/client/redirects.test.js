'use strict';

// Where do redirects lead a client, and what does it take along? No secret to another host, unless the application sees
// to it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { WebSocket } = require('../../support/implementation');
const { answer, rawServer } = require('../../support/raw-server');

const SECRETS = { Authorization: 'secret', Cookie: 'secret=1', Host: 'named.example', 'X-Mine': 'yes' };

/**
 * Answers a request with a redirect.
 *
 * @param {Object} server A raw server
 * @param {String} location Where to
 * @param {String} [status] The status
 * @return {Promise<Object>} The request
 */
async function redirect(server, location, status = '302 Found') {
  return answer(await server.next(), { status, headers: { Location: location, Upgrade: null, Connection: null } });
}

/**
 * Waits for the end of a client that never opens.
 *
 * @param {WebSocket} ws The client
 * @return {Promise<Error>} Its error
 */
async function failure(ws) {
  let error;

  ws.on('error', (err) => (error = err));
  await new Promise((resolve) => ws.on('close', resolve));
  return error;
}

describe('a client follows redirects', () => {
  test('when it may, and says where to', async (t) => {
    const server = await rawServer(t);
    const ws = connect(`${server.url}/first`, { followRedirects: true });
    const seen = [];

    t.after(() => ws.terminate());
    ws.on('redirect', (url, req) => seen.push([url, req.path, ws.readyState]));
    await redirect(server, '/second', '301 Moved');
    await redirect(server, `${server.url.replace('ws', 'http')}/third?x=y`, '307 There');
    await redirect(server, `${server.url}/fourth`, '308 There');

    const [{ line }] = await Promise.all([answer(await server.next()), once(ws, 'open')]);

    assert.equal(line, 'GET /fourth HTTP/1.1');
    assert.equal(ws.url, `${server.url}/fourth`);
    assert.deepEqual(seen, [
      [`${server.url}/second`, '/second', WebSocket.CONNECTING],
      [`${server.url}/third?x=y`, '/third?x=y', WebSocket.CONNECTING],
      [`${server.url}/fourth`, '/fourth', WebSocket.CONNECTING]
    ]);
  });

  test('with a new key and the same subprotocols', async (t) => {
    const server = await rawServer(t);
    const ws = connect(server.url, ['a', 'b'], { followRedirects: true, origin: 'https://o.example' });

    t.after(() => ws.terminate());

    const first = await redirect(server, '/again');
    const edits = { headers: { 'Sec-WebSocket-Protocol': 'b' } };
    const [second] = await Promise.all([answer(await server.next(), edits), once(ws, 'open')]);

    assert.notEqual(first.headers['sec-websocket-key'], second.headers['sec-websocket-key']);
    for (const name of ['sec-websocket-protocol', 'origin', 'sec-websocket-version']) {
      assert.equal(first.headers[name], second.headers[name]);
    }
    assert.equal(ws.protocol, 'b');
  });

  test('up to maxRedirects', async (t) => {
    const server = await rawServer(t);
    const ws = connect(server.url, { followRedirects: true, maxRedirects: 1 });
    const failed = failure(ws);

    await redirect(server, '/1');
    await redirect(server, '/2');
    assert.equal((await failed).message, 'Maximum redirects exceeded');
  });

  test('to addresses only', async (t) => {
    for (const [location, name, message] of [
      ['ws://', 'SyntaxError', 'Invalid URL: ws://'],
      ['bad:x', 'SyntaxError', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
      ['/#x', 'SyntaxError', 'The URL contains a fragment identifier']
    ]) {
      const server = await rawServer(t);
      const ws = connect(server.url, { followRedirects: true });
      const failed = failure(ws);

      await redirect(server, location);

      const error = await failed;

      assert.equal(error.name, name);
      assert.equal(error.message, message);
    }
  });

  test('unless it is aborted meanwhile', async (t) => {
    for (const end of ['close', 'terminate']) {
      const server = await rawServer(t);
      const ws = connect(server.url, { followRedirects: true });
      const failed = failure(ws);

      ws.on('redirect', () => ws[end]());
      await redirect(server, '/elsewhere');
      assert.equal((await failed).message, 'WebSocket was closed before the connection was established');
    }
  });

  test('with a request that the application may destroy', async (t) => {
    const server = await rawServer(t);
    const ws = connect(server.url, { followRedirects: true });
    const failed = failure(ws);

    ws.on('redirect', (url, req) => req.destroy(new Error('not there')));
    await redirect(server, '/elsewhere');
    assert.equal((await failed).message, 'not there');
  });
});

describe('what a redirected client takes along', () => {
  const mine = { followRedirects: true, headers: SECRETS, perMessageDeflate: false };

  test('is everything on the same host', async (t) => {
    const server = await rawServer(t);
    const ws = connect(server.url, mine);

    t.after(() => ws.terminate());

    const first = await redirect(server, '/second');
    const [second] = await Promise.all([answer(await server.next()), once(ws, 'open')]);

    for (const name of ['authorization', 'cookie', 'host', 'x-mine']) {
      assert.equal(first.headers[name], second.headers[name]);
    }
  });

  test('is no secret on another one', async (t) => {
    const [here, there] = [await rawServer(t), await rawServer(t)];
    const ws = connect(here.url, mine);

    t.after(() => ws.terminate());
    await redirect(here, there.url);

    const [{ headers }] = await Promise.all([answer(await there.next()), once(ws, 'open')]);

    assert.equal(headers.authorization, undefined);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.host, `127.0.0.1:${there.port}`);
    assert.equal(headers['x-mine'], 'yes');
  });

  test('is no user or password on another one', async (t) => {
    const [here, there] = [await rawServer(t), await rawServer(t)];
    const basic = (text) => `Basic ${Buffer.from(text).toString('base64')}`;

    for (const [user, options] of [
      ['foo:bar@', {}],
      ['', { auth: 'foo:bar' }]
    ]) {
      const ws = connect(`${here.scheme}://${user}127.0.0.1:${here.port}/`, { followRedirects: true, ...options });
      const first = await redirect(here, `/same`);
      const second = await redirect(here, there.url);
      const [third] = await Promise.all([answer(await there.next()), once(ws, 'open')]);

      assert.equal(first.headers.authorization, basic('foo:bar'));
      assert.equal(second.headers.authorization, basic('foo:bar'));
      assert.equal(third.headers.authorization, undefined);
      ws.terminate();
    }
  });

  test('are the credentials of the first address, not of the next', async (t) => {
    const server = await rawServer(t);
    const ws = connect(`${server.scheme}://foo:bar@127.0.0.1:${server.port}/`, { followRedirects: true });

    t.after(() => ws.terminate());
    await redirect(server, `${server.scheme}://baz:qux@127.0.0.1:${server.port}/`);

    const [{ headers }] = await Promise.all([answer(await server.next()), once(ws, 'open')]);

    assert.equal(headers.authorization, `Basic ${Buffer.from('foo:bar').toString('base64')}`);
  });

  test('is what the redirect itself names', async (t) => {
    const server = await rawServer(t);
    const ws = connect(server.url, { followRedirects: true });

    t.after(() => ws.terminate());
    await redirect(server, `${server.scheme}://baz:qux@127.0.0.1:${server.port}/`);

    const [{ headers }] = await Promise.all([answer(await server.next()), once(ws, 'open')]);

    assert.equal(headers.authorization, `Basic ${Buffer.from('baz:qux').toString('base64')}`);
  });

  test('is for a listener to say', async (t) => {
    const [here, there] = [await rawServer(t), await rawServer(t)];
    const ws = connect(here.url, mine);

    t.after(() => ws.terminate());
    ws.on('redirect', (url, req) => req.removeHeader('cookie'));
    await redirect(here, there.url);

    const [{ headers }] = await Promise.all([answer(await there.next()), once(ws, 'open')]);

    assert.equal(headers.authorization, 'secret');
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.host, 'named.example');
  });
});
