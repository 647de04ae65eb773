'use strict';

// What does a client make of the response? A connection, or one error that says what is wrong with it, and the end.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { WebSocket } = require('../../support/implementation');
const { acceptOf, answer, rawServer } = require('../../support/raw-server');
const { record } = require('../../support/serve');

const UNASKED_EXTENSION = 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';

/** What is wrong with a response, and what a client says about it: `[edits, message, protocols]`. */
const FAULTS = {
  'another protocol': [{ headers: { Upgrade: 'h2c' } }, 'Invalid Upgrade header'],
  'two protocols': [{ headers: { Upgrade: 'websocket, h2c' } }, 'Invalid Upgrade header'],
  'no proof': [{ headers: { 'Sec-WebSocket-Accept': null } }, 'Invalid Sec-WebSocket-Accept header'],
  'the proof of another key': [
    { headers: { 'Sec-WebSocket-Accept': acceptOf('dGhlIHNhbXBsZSBub25jZQ==') } },
    'Invalid Sec-WebSocket-Accept header'
  ],
  'a subprotocol nobody asked for': [
    { headers: { 'Sec-WebSocket-Protocol': 'chat' } },
    'Server sent a subprotocol but none was requested'
  ],
  'a subprotocol that was not offered': [
    { headers: { 'Sec-WebSocket-Protocol': 'other' } },
    'Server sent an invalid subprotocol',
    ['chat', 'v2']
  ],
  'two subprotocols': [
    { headers: { 'Sec-WebSocket-Protocol': 'chat, v2' } },
    'Server sent an invalid subprotocol',
    ['chat', 'v2']
  ],
  'an empty subprotocol': [
    { headers: { 'Sec-WebSocket-Protocol': '' } },
    'Server sent an invalid subprotocol',
    ['chat']
  ],
  'no subprotocol': [{}, 'Server sent no subprotocol', ['chat']],
  'an extension nobody asked for': [{ headers: { 'Sec-WebSocket-Extensions': 'foo' } }, UNASKED_EXTENSION],
  'another status': [{ status: '200 OK', headers: { 'Content-Length': 0 } }, 'Unexpected server response: 200'],
  'a refusal': [{ status: '401 Unauthorized', headers: { Connection: 'close' } }, 'Unexpected server response: 401'],
  'a redirect': [{ status: '302 Found', headers: { Location: '/' } }, 'Unexpected server response: 302'],
  // Node.js takes these for responses that are no upgrade.
  'a connection that is not upgraded': [{ headers: { Connection: 'keep-alive' } }, 'Unexpected server response: 101'],
  'no word about the connection': [{ headers: { Connection: null } }, 'Unexpected server response: 101'],
  'no upgrade': [{ headers: { Upgrade: null, Connection: 'close' } }, 'Unexpected server response: 101']
};

describe('a client refuses', () => {
  for (const [name, [edits, message, protocols]] of Object.entries(FAULTS)) {
    test(name, async (t) => {
      const { next, url } = await rawServer(t);
      const ws = connect(url, protocols, { perMessageDeflate: false });
      const events = [];

      ws.on('open', () => events.push('open'));
      ws.on('error', (err) => events.push(['error', err.constructor, err.message, ws.readyState]));
      ws.on('close', (code, reason) => events.push(['close', code, reason.length, ws.readyState]));

      const peer = await next();

      await answer(peer, edits);
      await new Promise((resolve) => ws.on('close', resolve));
      assert.deepEqual(events, [
        ['error', Error, message, WebSocket.CLOSING],
        ['close', 1006, 0, WebSocket.CLOSED]
      ]);
      assert.equal(ws.protocol, '');
      await peer.closed;
    });
  }
});

describe('a client accepts', () => {
  test('names in any case, and other headers', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url, ['chat', 'v2']);

    t.after(() => ws.terminate());
    await answer(await next(), {
      status: '101 ',
      headers: {
        Upgrade: 'WebSocket',
        Connection: 'keep-alive, uPGRADE',
        'Sec-WebSocket-Protocol': 'v2',
        'X-Other': '1'
      }
    });
    await once(ws, 'open');
    assert.equal(ws.protocol, 'v2');
    assert.equal(ws.extensions, '');
    assert.equal(ws._isServer, false);
  });

  test('and tells first what it was answered', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url);
    const events = record(ws, ['upgrade', 'open']);

    t.after(() => ws.terminate());
    ws.on('upgrade', (res) => {
      assert.equal(ws.readyState, WebSocket.CONNECTING);
      assert.equal(res.headers['x-other'], 'yes');
    });
    await answer(await next(), { headers: { 'X-Other': 'yes', 'Set-Cookie': ['a=b', 'c=d'] } });
    await once(ws, 'open');
    assert.equal(ws.readyState, WebSocket.OPEN);
    assert.deepEqual(
      events.map(([name]) => name),
      ['upgrade', 'open']
    );
    assert.deepEqual(events[0][1].headers['set-cookie'], ['a=b', 'c=d']);
  });

  test('a response in single bytes', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url);

    t.after(() => ws.terminate());

    const peer = await next();
    const message = once(ws, 'message');
    const { write } = peer;
    let whole;

    peer.socket.setNoDelay();
    peer.write = (bytes) => (whole = bytes);
    await answer(peer, {}, Buffer.from([0x81, 0x01, 0x61]));
    for (const byte of whole) {
      write.call(peer, Buffer.from([byte]));
      await new Promise(setImmediate);
    }

    assert.equal((await message)[0].toString(), 'a');
  });
});

describe('an unexpected response', () => {
  test('is the application’s, if it listens', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url);
    const events = record(ws, ['error', 'close']);
    const heard = once(ws, 'unexpected-response');

    await answer(
      await next(),
      { status: '401 No', headers: { 'Content-Length': 3, Connection: 'close' } },
      Buffer.from('why')
    );

    const [req, res] = await heard;
    let body = '';

    res.setEncoding('utf8');
    for await (const chunk of res) body += chunk;
    assert.equal(res.statusCode, 401);
    assert.equal(body, 'why');
    assert.equal(req.getHeader('upgrade'), 'websocket');
    assert.equal(ws.readyState, WebSocket.CONNECTING);
    assert.deepEqual(events, []);
    ws.terminate();
    await new Promise((resolve) => ws.on('close', resolve));
    assert.equal(events[0][1].message, 'WebSocket was closed before the connection was established');
  });

  test('can be answered by destroying the request', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url);
    const failed = new Error('as the application says');
    const error = new Promise((resolve) => ws.on('error', resolve));
    const close = new Promise((resolve) => ws.on('close', resolve));

    ws.on('unexpected-response', (req) => {
      // Not after a complete response, where a request has no error any more.
      req.emit('error', failed);
      req.destroy();
    });
    await answer(await next(), { status: '500 Oh', headers: { 'Content-Length': 3 } });
    assert.equal(await error, failed);
    assert.equal(await close, 1006);
  });
});
