'use strict';

// What do routes to WebSockets give? Paths with parameters, options of their own, and somebody at the door.

const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { once } = require('node:events');
const { test } = require('node:test');

const { HttpError } = require('../..');
const { RawClient } = require('../support/raw-client');
const { routed, statusOf } = require('./support');

test('handlers get the WebSocket, the request and the parameters of the path', async (t) => {
  const { port, router } = await routed(t);

  router.websocket('/rooms/:id', (ws, req, { auth, params }) => {
    ws.send(JSON.stringify({ auth: String(auth), id: params.id, url: req.url }));
  });

  const client = await RawClient.open(port, { path: '/rooms/a%20b?x=1' });

  assert.deepEqual(JSON.parse((await client.frame()).payload), {
    auth: 'undefined',
    id: 'a b',
    url: '/rooms/a%20b?x=1'
  });
});

test('the first route that fits is taken, each with its own options', async (t) => {
  const { port, router } = await routed(t);

  router
    .websocket('/a', { handleProtocols: () => 'one' }, () => {})
    .websocket(['/a', '/b'], { handleProtocols: () => 'two', maxPayload: 10 }, (ws) => ws.on('error', () => {}));

  for (const [path, protocol] of [
    ['/a', 'one'],
    ['/b', 'two']
  ]) {
    const client = await RawClient.open(port, { path, headers: { 'Sec-WebSocket-Protocol': 'one, two' } });

    assert.match(client.response, new RegExp(`\r\nSec-WebSocket-Protocol: ${protocol}\r\n`));
    client.send(1, 'x'.repeat(11));
    if (path === '/b') assert.equal((await client.frame()).opcode, 8);
    client.socket.destroy();
  }
});

test('a route adds headers to the 101, but says nothing about the handshake', async (t) => {
  const { port, router } = await routed(t);
  const headers = {
    'X-One': '1',
    'Set-Cookie': ['a=b', 'c=d'],
    Connection: 'close',
    'Sec-WebSocket-Protocol': 'other'
  };

  router.websocket('/', { headers, perMessageDeflate: true }, () => {});
  router.websocket('/none', { headers: {} }, () => {});

  const asked = { 'Sec-WebSocket-Extensions': 'permessage-deflate', 'Sec-WebSocket-Protocol': 'a' };
  const client = await RawClient.open(port, { path: '/', headers: asked });
  const [first, ...lines] = client.response.split('\r\n').filter((line) => line !== '');

  assert.equal(first, 'HTTP/1.1 101 Switching Protocols');
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('Sec-WebSocket-Accept')),
    [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Protocol: a',
      'Sec-WebSocket-Extensions: permessage-deflate',
      'X-One: 1',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d'
    ]
  );
  client.socket.destroy();

  const other = await RawClient.open(port, { path: '/none' });

  assert.doesNotMatch(other.response, /X-One/);
  other.socket.destroy();
  assert.throws(() => router.websocket('/', { headers: { 'a b': 'c' } }, () => {}), TypeError);
  assert.throws(() => router.websocket('/', { headers: { a: 'b\nc' } }, () => {}), TypeError);
});

test('and to the 200 of HTTP/2', async (t) => {
  const { port, router } = await routed(t, {}, http2.createServer());

  router.websocket('/', { headers: { 'X-One': '1', 'Set-Cookie': ['a=b', 'c=d'], Connection: 'close' } }, () => {});

  const session = http2.connect(`http://127.0.0.1:${port}`);

  t.after(() => session.destroy());
  await once(session, 'remoteSettings');

  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/',
    'sec-websocket-version': '13'
  });
  const [fields] = await once(stream, 'response');

  assert.deepEqual([fields[':status'], fields['x-one'], fields['set-cookie']], [200, '1', ['a=b', 'c=d']]);
});

test('what authenticate gives reaches the handler, and nothing sent early is lost', async (t) => {
  const { port, router } = await routed(t);
  const received = [];

  router.websocket(
    '/:room',
    {
      async authenticate(req, { params, signal }) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.equal(signal.aborted, false);
        return `${params.room} ${req.headers.authorization}`;
      }
    },
    (ws, req, { auth }) => {
      ws.on('message', (data) => {
        received.push(String(data));
        if (received.length === 3) ws.send(auth);
      });
    }
  );

  const { encode } = require('../support/frames');
  const client = await RawClient.connect(port);
  const request = RawClient.request({ path: '/lobby', headers: { Authorization: 'Bearer x' } });

  client.write(Buffer.concat([Buffer.from(request), encode(1, 'one')]));
  setTimeout(() => client.write(Buffer.concat([encode(1, 'two'), encode(1, 'three')])), 10);
  assert.match(await client.head(), /^HTTP\/1.1 101 /);
  assert.equal(String((await client.frame()).payload), 'lobby Bearer x');
  assert.deepEqual(received, ['one', 'two', 'three']);
});

test('what a peer does wrong ends its connection, and nothing else', async (t) => {
  const { port, router } = await routed(t);
  const errors = [];

  router.websocket('/unheard', () => {});
  router.websocket('/heard', (ws) => ws.on('error', (err) => errors.push(err.code)));

  for (const path of ['/unheard', '/heard']) {
    const client = await RawClient.open(port, { path });

    client.write(Buffer.from([0x81, 0x01, 0x78]));

    const { opcode, payload } = await client.frame();

    assert.deepEqual([opcode, payload.readUInt16BE(0)], [8, 1002]);
    client.sendClose(1002);
    await client.rest();
  }
  assert.deepEqual(errors, ['WS_ERR_EXPECTED_MASK']);
});

test('an HttpError is the answer', async (t) => {
  const { port, router } = await routed(t);

  router.websocket(
    '/',
    {
      async authenticate() {
        throw new HttpError(401, 'Who are you?', { headers: { 'WWW-Authenticate': 'Bearer' } });
      }
    },
    () => assert.fail('came in')
  );

  const client = await RawClient.connect(port);

  client.write(RawClient.request());

  const response = String(await client.rest());

  assert.match(response, /^HTTP\/1.1 401 Unauthorized\r\n/);
  assert.match(response, /\r\nConnection: close\r\n[^]*\r\nContent-Length: 12\r\nWWW-Authenticate: Bearer\r\n/);
  assert.match(response, /\r\n\r\nWho are you\?$/);
});

test('WebSocket may be one of several protocols', async (t) => {
  const { port, router } = await routed(t);

  router.websocket('/', { authenticate: (req, { params }) => params }, (ws) => ws.send('here'));
  for (const upgrade of ['foo/1, websocket', 'WebSocket, h2c']) {
    const client = await RawClient.open(port, { path: '/', headers: { Upgrade: upgrade } });

    assert.equal(String((await client.frame()).payload), 'here');
    client.socket.destroy();
  }
});

test('where the answer ends is not for an HttpError to say', async (t) => {
  const { port, router } = await routed(t);
  const headers = { Connection: 'keep-alive', 'content-length': '99', 'Transfer-Encoding': 'chunked', 'X-A': 'b' };

  router.websocket('/', { authenticate: () => Promise.reject(new HttpError(403, 'no', { headers })) }, () => {});

  const client = await RawClient.connect(port);

  client.write(RawClient.request({ path: '/' }));

  const response = String(await client.rest());

  assert.match(response, /\r\nConnection: close\r\n[^]*\r\nContent-Length: 2\r\nX-A: b\r\n\r\nno$/);
  assert.doesNotMatch(response, /keep-alive|99|chunked/);
});

test('everything else that is thrown is a fault of ours', async (t) => {
  const { port, router } = await routed(t);
  const faults = [];

  router.on('error', (err, req) => faults.push([err.message, req.url]));
  for (const [path, thrown] of [
    ['/a', new Error('oops')],
    ['/b', new HttpError(401, 'no', { headers: { 'X-Bad': 'a\r\nb: c' } })]
  ]) {
    router.websocket(path, { authenticate: () => Promise.reject(thrown) }, () => {});
    assert.equal(await statusOf(port, { path }), 500);
  }
  assert.deepEqual(faults, [
    ['oops', '/a'],
    ['Invalid character in header content ["X-Bad"]', '/b']
  ]);
});

test('a client that leaves ends the wait', async (t) => {
  const { port, router } = await routed(t);

  for (const leave of ['destroy', 'end', 'resetAndDestroy']) {
    let waits;
    const waiting = new Promise((resolve) => (waits = resolve));

    router.websocket(`/${leave}`, { authenticate: (req, { signal }) => new Promise(() => waits(signal)) }, () =>
      assert.fail('came in')
    );

    const client = await RawClient.connect(port);

    client.write(RawClient.request({ path: `/${leave}` }));

    const signal = await waiting;

    client.socket[leave]();
    if (!signal.aborted) await once(signal, 'abort');
    assert.equal(signal.reason.code, 'ERR_UPSHIFT_SOCKET_CLOSED');
  }
  assert.equal(router._holds.size, 0);
});

test('a decision that takes too long is made for it', async (t) => {
  const { port, router } = await routed(t, { upgradeTimeout: 50 });
  let held;

  router.websocket(
    '/',
    {
      authenticate(req, { signal }) {
        held = signal;
        return new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    () => assert.fail('came in')
  );
  assert.equal(await statusOf(port), 503);
  assert.equal(held.reason.code, 'ERR_UPSHIFT_UPGRADE_TIMEOUT');
  await new Promise((resolve) => setTimeout(resolve, 100));
});

test('an improper handshake is refused before anybody is asked', async (t) => {
  const { port, router } = await routed(t);

  router.websocket('/', { authenticate: () => assert.fail('asked') }, () => assert.fail('came in'));
  assert.equal(await statusOf(port, { headers: { 'Sec-WebSocket-Key': null } }), 400);
  assert.equal(await statusOf(port, { headers: { 'Sec-WebSocket-Version': '99' } }), 426);
  assert.equal(await statusOf(port, { method: 'POST' }), 400);
});

test('closing refuses those that wait and closes those that are in', async (t) => {
  const { port, router, server } = await routed(t);

  router.websocket('/in', () => {});
  router.websocket('/wait', { authenticate: () => new Promise(() => {}) }, () => {});

  const inside = await RawClient.open(port, { path: '/in' });
  const waiting = statusOf(port, { path: '/wait' });

  await new Promise((resolve) => setTimeout(resolve, 30));

  const closed = router.close();
  const frame = await inside.frame();

  assert.deepEqual([frame.opcode, frame.payload.readUInt16BE()], [8, 1001]);
  inside.sendClose(1001);
  await closed;
  assert.equal(await waiting, 503);
  assert.equal(server.listenerCount('upgrade'), 0);
  assert.equal(Object.hasOwn(server, 'emit'), false);
});

test('wrong arguments are refused', async (t) => {
  const { router } = await routed(t);

  assert.throws(() => router.websocket('/'), TypeError);
  assert.throws(() => router.websocket('/', {}), TypeError);
  assert.throws(() => router.websocket(/x/, () => {}), TypeError);
  assert.throws(() => router.websocket('/:', () => {}), TypeError);
  assert.throws(() => router.websocket('/', { port: 1 }, () => {}), TypeError);
  for (const status of [101, 200, 600, '400']) assert.throws(() => new HttpError(status), RangeError);
});
