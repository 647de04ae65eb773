'use strict';

// What does a client ask for? The request, as the options have it.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../../lib/use/duplex-pair');
const { connect } = require('../../support/client');
const { WebSocket } = require('../../support/implementation');
const { onTcp } = require('../../support/over');
const { RawClient } = require('../../support/raw-client');
const { acceptOf, answer, parseHead, rawServer } = require('../../support/raw-server');

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

describe('the connection of a client', onTcp, () => {
  test('may be made by an agent', async (t) => {
    const { next, url } = await rawServer(t);
    const agent = new http.Agent({ keepAlive: true });
    const ws = connect(url, { agent });

    t.after(() => ws.terminate());
    await Promise.all([answer(await next()), once(ws, 'open')]);
    assert.deepEqual(Object.keys(agent.sockets), []);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
    ws.send('still there');
  });

  test('may be one that an agent kept', async (t) => {
    const server = http.createServer((req, res) => res.end('kept'));
    const { WebSocketServer } = require('../../support/implementation');
    const wss = new WebSocketServer({ server });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [];

    t.after(() => {
      for (const ws of wss.clients) ws.terminate();
      agent.destroy();
      server.close();
    });
    server.on('connection', (socket) => ports.push(socket.remotePort));
    wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const { port } = server.address();

    await new Promise((resolve) =>
      http.get({ agent, host: '127.0.0.1', port }, (res) => res.resume().on('close', resolve))
    );
    await new Promise(setImmediate);

    const ws = connect(`ws://127.0.0.1:${port}`, { agent });

    await once(ws, 'open');
    ws.send('echo');
    assert.equal((await once(ws, 'message'))[0].toString(), 'echo');
    assert.equal(ports.length, 1);
    ws.close();
    await once(ws, 'close');
  });

  test('may be made by the application', async (t) => {
    const { next, port, url } = await rawServer(t);
    let given;
    const ws = connect(url, {
      createConnection(options) {
        given = options;
        return net.connect(port, '127.0.0.1');
      }
    });

    t.after(() => ws.terminate());
    await Promise.all([answer(await next()), once(ws, 'open')]);
    assert.equal(given.port, String(port));
    assert.equal(given.host, '127.0.0.1');
  });

  test('may be any Duplex', async (t) => {
    const [ours, theirs] = duplexPair();
    const peer = new RawClient(theirs);
    const ws = new WebSocket('ws://nowhere.invalid/', { createConnection: () => ours });

    t.after(() => ws.terminate());

    const { headers } = parseHead(await peer.head());

    peer.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${acceptOf(headers['sec-websocket-key'])}\r\n\r\n`
    );
    // Such a pair delivers within the write.
    const message = once(ws, 'message');
    const close = once(ws, 'close');

    peer.send(1, 'over a Duplex', { mask: false });
    assert.equal((await message)[0].toString(), 'over a Duplex');
    ws.send('back');
    assert.equal((await peer.frame()).payload.toString(), 'back');
    ws.close();
    peer.send(8, (await peer.frame()).payload, { mask: false });
    peer.socket.end();
    assert.equal((await close)[0], 1005);
  });

  test('may come from a chosen address', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url, { localAddress: '127.0.0.2' });

    t.after(() => ws.terminate());

    const peer = await next();

    await Promise.all([answer(peer), once(ws, 'open')]);
    assert.equal(peer.socket.remoteAddress, '127.0.0.2');
    assert.equal(ws._socket.localAddress, '127.0.0.2');
    assert.equal(ws._socket.remotePort, Number(url.split(':')[2]));
  });
});
