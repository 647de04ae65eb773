'use strict';

// How do hand-written upgrade listeners fare? `upgrade()` and `reject()`, by the rules of the RFCs.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { ACCEPT, RawClient } = require('../support/raw-client');
const { listen, upgrader } = require('../support/upgrader');
const { WebSocket, ownAddition } = require('../support/implementation');

const { HandshakeError, reject, upgrade } = WebSocket;

describe('upgrade()', ownAddition, () => {
  test('gives an open WebSocket', async (t) => {
    const { port, upgraded } = await upgrader(t);
    const client = await RawClient.open(port);
    const ws = await upgraded;

    assert.ok(ws instanceof WebSocket);
    assert.equal(ws.readyState, WebSocket.OPEN);
    assert.equal(
      client.response,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`
    );
    ws.send('hello');
    assert.equal((await client.frame()).payload.toString(), 'hello');

    const closed = once(ws, 'close');

    client.sendClose(1000);
    assert.equal((await closed)[0], 1000);
  });

  test('loses nothing that came with the request', async (t) => {
    const { port, upgraded } = await upgrader(t);
    const client = await RawClient.connect(port);
    const received = [];

    t.after(() => client.socket.destroy());

    const request = Buffer.from(RawClient.request());

    client.write(Buffer.concat([request, encode(1, 'one'), encode(2, Buffer.alloc(30000, 'two'))]));

    const ws = await upgraded;

    ws.on('message', (data) => received.push(data.toString()));
    while (received.length < 2) await once(ws, 'message');
    assert.deepEqual(received, ['one', 'two'.repeat(10000)]);
  });

  for (const transport of ['fd', 'stream']) {
    test(`loses nothing that comes while its caller awaits something: ${transport}`, async (t) => {
      const all = Buffer.concat(['one', 'two', 'three', 'four'].map((text) => encode(1, text)));
      const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
      const received = [];
      let goOn;
      const awaited = new Promise((resolve) => (goOn = resolve));
      const port = await listen(t, async (req, socket, head) => {
        await awaited;

        const ws = await upgrade(req, socket, head, { transport });

        t.after(() => ws.terminate());
        ws.on('message', (data) => received.push(`${ws.transport} ${data}`));
      });
      const client = await RawClient.connect(port);

      t.after(() => client.socket.destroy());
      // The first one within the packet of the request, the second one in two pieces, the third one in part.
      client.write(Buffer.concat([Buffer.from(RawClient.request()), all.subarray(0, 9)]));
      for (const [from, to] of [
        [9, 14],
        [14, 22]
      ]) {
        await pause();
        client.write(all.subarray(from, to));
      }

      await pause();
      goOn();
      await client.head();
      client.write(all.subarray(22));
      while (received.length < 4) await pause();
      assert.deepEqual(
        received,
        ['one', 'two', 'three', 'four'].map((text) => `${transport} ${text}`)
      );
    });
  }

  test('tells a client to continue that expects it, and then upgrades', async (t) => {
    const { port, upgraded } = await upgrader(t, { headers: { 'X-One': 'a' } });
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: { Expect: '100-continue' } }));
    assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
    assert.match(await client.head(), /^HTTP\/1.1 101 [^]*\r\nX-One: a\r\n\r\n$/);
    (await upgraded).send('hello');
    assert.equal((await client.frame()).payload.toString(), 'hello');
  });

  test('chooses the subprotocol and adds headers', async (t) => {
    const { port, upgraded } = await upgrader(t, {
      handleProtocols: (protocols, req) => (req.url === '/' && protocols.has('b') ? 'b' : false),
      headers: { 'X-One': 'a', 'Set-Cookie': ['c=1', 'd=2'] }
    });
    const client = await RawClient.open(port, { headers: { 'Sec-WebSocket-Protocol': ['a', 'b'] } });

    assert.equal((await upgraded).protocol, 'b');
    assert.match(
      client.response,
      /\r\nSec-WebSocket-Protocol: b\r\nX-One: a\r\nSet-Cookie: c=1\r\nSet-Cookie: d=2\r\n\r\n$/
    );
  });

  test('fails when its headers are longer than any client takes', async (t) => {
    const { port, upgraded } = await upgrader(t, { headers: { 'X-Long': 'a'.repeat(1048576) } });
    const client = await RawClient.connect(port);

    t.after(() => client.socket.destroy());
    client.write(RawClient.request());
    await assert.rejects(upgraded, RangeError);
  });

  test('limits what waits for a slow peer to 64 MiB', async (t) => {
    const { port, upgraded } = await upgrader(t);
    const client = await RawClient.open(port);
    const ws = await upgraded;
    const chunk = Buffer.alloc(8 * 1048576);
    const closed = once(ws, 'close');
    let failed;

    client.socket.pause();
    for (let i = 0; i < 12 && failed === undefined; i++) {
      ws.send(chunk, (err) => {
        failed ??= err;
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    assert.equal(failed?.code, 'ERR_UPSHIFT_BACKPRESSURE');
  });

  test('takes options that are undefined for absent ones', async (t) => {
    const { port, upgraded } = await upgrader(t, {
      handleProtocols: undefined,
      headers: undefined,
      maxBackpressure: undefined,
      onBackpressure: undefined,
      transport: undefined
    });

    await RawClient.open(port, { headers: { 'Sec-WebSocket-Protocol': 'a' } });

    const ws = await upgraded;

    assert.equal(ws.protocol, 'a');
    assert.equal(ws._$config.maxBackpressure, 64 * 1048576);
  });

  test('refuses options that name nothing', async (t) => {
    const port = await listen(t, () => {});

    await assert.rejects(upgrade({}, {}, null, { onBackpressure: 'ignore' }), TypeError);
    await assert.rejects(upgrade({}, {}, null, { transport: 'pigeon' }), TypeError);
    await assert.rejects(upgrade({}, {}, null, { headers: { 'X-Split': 'a\r\nb' } }), TypeError);
    assert.ok(port > 0);
  });

  test('rejects after the refusal went out', async (t) => {
    const { port, upgraded } = await upgrader(t);
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: { 'Sec-WebSocket-Version': '12' } }));

    const err = await upgraded.then(assert.fail, (reason) => reason);

    assert.ok(err instanceof HandshakeError);
    assert.ok(err instanceof Error);
    assert.equal(err.name, 'HandshakeError');
    assert.equal(err.status, 426);
    assert.match(err.code, /^ERR_UPSHIFT_/);
    assert.equal(err.headers['Sec-WebSocket-Version'], '13');

    const head = await client.head();

    assert.match(head, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    assert.match(head, /\r\nSec-WebSocket-Version: 13\r\n/);
    assert.equal((await client.rest()).toString(), err.message);
  });

  test('leaves a request for another protocol alone', async (t) => {
    const outcome = {};
    const port = await listen(t, (req, socket, head) => {
      const before = [socket.listenerCount('error'), socket.listenerCount('close'), socket.bytesWritten];

      upgrade(req, socket, head).catch((err) => {
        outcome.code = err.code;
        outcome.before = before;
        outcome.after = [socket.listenerCount('error'), socket.listenerCount('close'), socket.bytesWritten];
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nplain');
      });
    });
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: { Upgrade: 'h2c' } }));
    assert.match((await client.rest()).toString(), /^HTTP\/1\.1 200 OK[^]*plain$/);
    assert.equal(outcome.code, 'ERR_UPSHIFT_NOT_WEBSOCKET');
    assert.deepEqual(outcome.after, outcome.before);
  });

  test('rejects when the peer is gone', async (t) => {
    let upgraded;
    const called = new Promise((resolve) => {
      listen(t, (req, socket, head) => {
        socket.destroy();
        upgraded = upgrade(req, socket, head);
        upgraded.catch(() => {});
        resolve();
      }).then(async (port) => (await RawClient.connect(port)).write(RawClient.request()));
    });

    await called;
    await assert.rejects(upgraded, { name: 'HandshakeError', code: 'ERR_UPSHIFT_SOCKET_CLOSED' });
  });

  test('rejects a socket that was upgraded before', async (t) => {
    let settled;
    const port = await listen(t, (req, socket, head) => {
      settled = Promise.allSettled([upgrade(req, socket, head), upgrade(req, socket, head)]);
    });
    const client = await RawClient.open(port);

    t.after(() => client.socket.destroy());

    const [first, second] = await settled;

    assert.equal(first.status, 'fulfilled');
    assert.equal(second.reason.code, 'ERR_UPSHIFT_TAKEN');
    first.value.send('unharmed');
    assert.equal((await client.frame()).payload.toString(), 'unharmed');
  });

  test('lets the socket go with releaseSocket', async (t) => {
    const { port, upgraded } = await upgrader(t, { releaseSocket: true, transport: 'fd' });
    const client = await RawClient.open(port);
    const ws = await upgraded;

    if (ws.transport === 'fd') assert.equal(ws._socket, null);
    ws.send('alive');
    assert.equal((await client.frame()).payload.toString(), 'alive');

    const closed = once(ws, 'close');

    client.sendClose(1000);
    assert.equal((await closed)[0], 1000);
    assert.equal((await client.frame()).opcode, 8);
  });
});

describe('reject()', ownAddition, () => {
  test('writes a complete response and closes', async (t) => {
    let done;
    const port = await listen(t, (req, socket) => {
      done = reject(req, socket, 403, { body: 'Nein, grüße', headers: { 'X-Why': 'because' } });
    });
    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    assert.equal(
      await client.head(),
      'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n' +
        'X-Why: because\r\n\r\n'
    );
    assert.equal((await client.rest()).toString(), 'Nein, grüße');
    await done;
    await client.closed;
  });

  test('has a default for everything', async (t) => {
    const port = await listen(t, (req, socket) => reject(req, socket, 404));
    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    assert.match(await client.head(), /^HTTP\/1\.1 404 Not Found\r\n/);
    assert.equal((await client.rest()).toString(), 'Not Found');
  });

  test('writes a line for each value, and each name once', async (t) => {
    const headers = { 'content-type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'] };
    const port = await listen(t, (req, socket) => reject(req, socket, 499, { body: '{}', headers }));
    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    assert.equal(
      await client.head(),
      'HTTP/1.1 499 \r\nConnection: close\r\nContent-Length: 2\r\n' +
        'content-type: application/json\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n'
    );
    assert.equal((await client.rest()).toString(), '{}');
  });

  test('ends although the peer is gone', async (t) => {
    const done = new Promise((resolve) => {
      listen(t, (req, socket) => {
        socket.destroy();
        reject(req, socket, 403).then(resolve);
      }).then(async (port) => (await RawClient.connect(port)).write(RawClient.request()));
    });

    await done;
  });

  test('answers a request whose body is still on its way', async (t) => {
    const port = await listen(t, (req, socket) => reject(req, socket, 413));
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: { 'Content-Length': '1000000' } }));
    client.write(Buffer.alloc(1000000));
    assert.match(await client.head(), /^HTTP\/1\.1 413 /);
    assert.equal((await client.rest()).toString(), 'Payload Too Large');
    assert.equal(client.errored, null);
  });
});
