'use strict';

// What does a client ask for? The request, as the options have it.

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { WebSocket } = require('../../support/implementation');
const { answer, rawServer } = require('../../support/raw-server');

/**
 * Connects a client and returns what it asked for.
 *
 * @param {TestContext} t The test
 * @param {...*} args What follows the address
 * @return {Promise<Object>} `{ headers, line, ws }`
 */
async function requestOf(t, ...args) {
  const { next, url } = await rawServer(t);
  const ws = connect(url, ...args);

  t.after(() => ws.terminate());

  const { headers, line } = await answer(await next());

  ws.on('error', () => {});
  return { headers, line, ws };
}

describe('the request of a client', () => {
  test('has the fields of the RFC', async (t) => {
    const { headers, line } = await requestOf(t, { perMessageDeflate: false });

    assert.equal(line, 'GET / HTTP/1.1');
    assert.equal(Buffer.from(headers['sec-websocket-key'], 'base64').length, 16);
    assert.deepEqual(Object.keys(headers).sort(), [
      'connection',
      'host',
      'sec-websocket-key',
      'sec-websocket-version',
      'upgrade'
    ]);
    assert.equal(headers.connection, 'Upgrade');
    assert.equal(headers.upgrade, 'websocket');
    assert.equal(headers['sec-websocket-version'], '13');
  });

  test('has another key each time', async (t) => {
    const first = await requestOf(t);
    const second = await requestOf(t);

    assert.notEqual(first.headers['sec-websocket-key'], second.headers['sec-websocket-key']);
  });

  test('has the headers of the options, but for those of the handshake', async (t) => {
    const mine = { 'X-Mine': 'yes', Cookie: 'a=b', Upgrade: 'h2c', 'Sec-WebSocket-Key': 'mine' };
    const options = { headers: mine, perMessageDeflate: false };
    const { headers } = await requestOf(t, options);

    assert.equal(headers['x-mine'], 'yes');
    assert.equal(headers.cookie, 'a=b');
    assert.equal(headers.upgrade, 'websocket');
    assert.notEqual(headers['sec-websocket-key'], 'mine');
    assert.deepEqual(options, { headers: mine, perMessageDeflate: false });
    assert.equal(Object.keys(mine).length, 4);
  });

  test('has the origin, under the name of the version', async (t) => {
    const { headers } = await requestOf(t, { origin: 'https://example.com:8000' });

    assert.equal(headers.origin, 'https://example.com:8000');

    const { headers: older } = await requestOf(t, { origin: 'https://example.com:8000', protocolVersion: 8 });

    assert.equal(older['sec-websocket-origin'], 'https://example.com:8000');
    assert.equal(older['sec-websocket-version'], '8');
    assert.equal(older.origin, undefined);
  });

  test('is of a version that exists', () => {
    assert.throws(() => new WebSocket('ws://localhost', { protocolVersion: 1000 }), {
      name: 'RangeError',
      message: 'Unsupported protocol version: 1000 (supported versions: 8, 13)'
    });
  });

  test('has the credentials of the URL or of the options', async (t) => {
    const { next, port, scheme } = await rawServer(t);
    const basic = (text) => `Basic ${Buffer.from(text).toString('base64')}`;

    for (const [user, options, expected] of [
      ['foo:bar@', {}, basic('foo:bar')],
      ['foo%20:b%40r@', { auth: 'not:me' }, basic('foo :b@r')],
      ['foo@', {}, basic('foo:')],
      ['', { auth: 'user:pass' }, basic('user:pass')],
      ['foo:bar@', { headers: { Authorization: 'mine' } }, 'mine']
    ]) {
      const ws = connect(`${scheme}://${user}127.0.0.1:${port}`, options);
      const { headers } = await answer(await next());

      assert.equal(headers.authorization, expected);
      await once(ws, 'open');
      ws.terminate();
    }
  });

  test('offers subprotocols, wherever they stand', async (t) => {
    for (const [args, expected] of [
      [['chat'], 'chat'],
      [[['chat', 'v2'], {}], 'chat,v2'],
      [[{ protocols: 'chat' }], 'chat'],
      [[undefined, { protocols: ['chat', 'v2'] }], 'chat,v2'],
      [['chat', { protocols: 'v2' }], 'chat'],
      [[[], { protocols: 'v2' }], undefined],
      [[undefined, undefined], undefined]
    ]) {
      const { headers } = await requestOf(t, ...args);

      assert.equal(headers['sec-websocket-protocol'], expected);
    }
  });

  test('offers no subprotocol that is none, or twice', () => {
    for (const protocols of ['', 'a b', 'é', ['a', 'a'], [1], ['a', ''], null]) {
      assert.throws(() => new WebSocket('ws://localhost', protocols), {
        name: 'SyntaxError',
        message: 'An invalid or duplicated subprotocol was specified'
      });
    }
  });

  test('can be finished by the application', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url, {
      finishRequest(request, websocket) {
        assert.ok(request instanceof http.ClientRequest);
        assert.equal(websocket.url, `${url}/`);
        assert.equal(websocket.readyState, WebSocket.CONNECTING);
        setImmediate(() => {
          request.setHeader('X-Late', 'yes');
          request.end();
        });
      }
    });

    t.after(() => ws.terminate());
    assert.equal((await answer(await next())).headers['x-late'], 'yes');
    await once(ws, 'open');
  });

  test('cannot be finished by what is no function, and is by a method', async (t) => {
    const { next, url } = await rawServer(t);
    const finished = [];

    // Nobody has the client whose constructor throws, nor could hear of its error.
    assert.throws(() => connect(url, { createConnection: () => new PassThrough(), finishRequest: 5 }), {
      name: 'TypeError',
      message: 'opts.finishRequest is not a function'
    });

    const ws = connect(url, {
      finishRequest(request) {
        finished.push(this.origin);
        request.end();
      },
      origin: 'http://example.com'
    });

    t.after(() => ws.terminate());
    await answer(await next());
    await once(ws, 'open');
    assert.deepEqual(finished, ['http://example.com']);
  });

  test('goes where the address says, whatever the options say', async (t) => {
    const { line } = await requestOf(t, {
      host: 'example.invalid',
      hostname: 'example.invalid',
      method: 'POST',
      path: '/other',
      port: 1,
      protocol: 'gopher:',
      socketPath: '/nowhere',
      timeout: 1
    });

    assert.equal(line, 'GET / HTTP/1.1');
  });
});
