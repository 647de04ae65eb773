'use strict';

// Does the socket the application knows behave after the takeover as one whose
// connection lives? Members, addresses, options, timeouts, writes, every way of
// ending it, and what the HTTP server counts.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { shadowOf } = require('../lib/takeover/socket-stub');
const { connect, toyServer, until, upgraded } = require('./takeover-support');

/**
 * The stub that the handle of an accepted socket would become.
 *
 * @param {TestContext} t The test
 * @param {(Number|String)} where Port or path
 * @return {Promise<Object>} `{ prototype, uncovered }`
 */
async function shadowOfAccepted(t, where) {
  const server = net.createServer((socket) => socket.destroy());

  server.listen(where);
  await once(server, 'listening');
  t.after(() => server.close());

  const client = net.connect(where || server.address().port);

  client.on('error', () => {});
  t.after(() => client.destroy());

  const [socket] = await once(server, 'connection');

  return shadowOf(socket._handle || client._handle);
}

describe('the stub', () => {
  it('covers every name this Node has on TCP handles', async (t) => {
    const { uncovered } = await shadowOfAccepted(t, 0);

    assert.deepEqual(uncovered, []);
  });

  it('covers every name this Node has on Pipe handles', async (t) => {
    const where = path.join(os.tmpdir(), `upshift-stub-${process.pid}.sock`);
    const { uncovered } = await shadowOfAccepted(t, where);

    assert.deepEqual(uncovered, []);
  });

  it('is still an instance of what it was', async (t) => {
    const { socket, toy } = await upgraded(t, await toyServer(t));

    assert.ok(socket._handle === toy.result.stub);
    assert.equal(socket._handle.constructor.name, 'TCP');
    assert.equal(socket._handle.owner, socket);
    assert.equal(socket._handle.fd, -1);
    assert.equal(socket._handle._externalStream, undefined);
    assert.equal(socket._handle.isStreamBase, false);
    assert.equal(socket.pending, false);
    assert.equal(socket.readyState, 'open');
  });

  it('answers every member after the native handle is gone', async (t) => {
    const { socket } = await upgraded(t, await toyServer(t));
    const handle = socket._handle;
    const ending = ['close', 'reset', 'shutdown', 'constructor'];

    await sleep(10);
    for (let o = handle; o; o = Object.getPrototypeOf(o)) {
      for (const name of Reflect.ownKeys(o)) {
        if (o === Object.prototype || ending.includes(name)) continue;
        if (typeof handle[name] === 'function') handle[name]({}, 0, 0);
      }
    }
    assert.equal(socket.destroyed, false);
  });

  it('keeps the addresses', async (t) => {
    const { client, socket } = await upgraded(t, await toyServer(t));
    const port = client.localPort;

    assert.equal(socket.remotePort, port);
    assert.match(socket.remoteAddress, /127\.0\.0\.1|::1/);
    assert.equal(socket.localPort, client.remotePort);
    assert.equal(socket.address().port, client.remotePort);
    assert.equal(socket.localAddress, socket.remoteAddress);
    assert.equal(typeof socket._handle.getAsyncId(), 'number');
  });

  it('sets options on the real descriptor', async (t) => {
    const { socket, toy } = await upgraded(t, await toyServer(t));

    socket.setNoDelay(false);
    socket.setKeepAlive(true, 2000);
    assert.deepEqual(toy.calls[0], ['nodelay', false]);
    socket.setKeepAlive(true, 3000, 4000, 5);

    const passesAll = net.Socket.prototype.setKeepAlive.length > 2;

    assert.deepEqual(toy.calls.slice(1), [
      ['keepalive', true, 2, undefined, undefined],
      ['keepalive', true, 3, ...(passesAll ? [4, 5] : [undefined, undefined])]
    ]);
    if (socket.setTypeOfService && socket._handle.setTypeOfService) {
      socket.setTypeOfService(16);
      assert.deepEqual(toy.calls[3], ['tos', 16]);
      assert.equal(socket.getTypeOfService(), 16);
    }
  });

  it("moves the connection's hold on the loop", async (t) => {
    const { socket, toy } = await upgraded(t, await toyServer(t));

    socket.unref();
    assert.equal(toy.held, false);
    assert.equal(socket._handle.hasRef(), false);
    socket.ref();
    assert.equal(toy.held, true);
  });

  it('pauses and resumes the connection', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));

    assert.equal(socket.isPaused(), false);
    assert.equal(socket.pause(), socket);
    assert.equal(socket.isPaused(), true);
    client.write('hello');
    await sleep(20);
    assert.equal(toy.receivedBytes, 0);
    assert.equal(socket.resume(), socket);
    assert.equal(socket.isPaused(), false);
    await until(() => toy.receivedBytes === 5);
    assert.deepEqual(toy.calls, ['pause', 'resume']);
  });

  it('brings nothing, whoever listens', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));

    socket.on('data', () => assert.fail('the engine reads'));
    client.write('hello');
    await until(() => toy.receivedBytes === 5);
    // As with any stream, a listener has it flow.
    assert.deepEqual(toy.calls, ['resume']);
  });

  it('is over a prototype that all sockets of its kind share', async (t) => {
    const running = await toyServer(t);
    const [one, other] = [(await upgraded(t, running)).socket, (await upgraded(t, running)).socket];
    const prototype = Object.getPrototypeOf(one);

    assert.notEqual(prototype, net.Socket.prototype);
    assert.equal(prototype, Object.getPrototypeOf(other));
    assert.equal(Object.getPrototypeOf(prototype), net.Socket.prototype);
    assert.ok(one instanceof net.Socket);
    for (const name of ['pause', 'resume', 'setTimeout']) assert.ok(!Object.hasOwn(one, name), name);
  });
});

describe('writing to a taken socket', () => {
  const encodings = ['utf8', 'latin1', 'ascii', 'ucs2', 'base64', undefined];

  for (const encoding of encodings) {
    it(`goes through the connection: ${encoding ?? 'a Buffer'}`, async (t) => {
      const { client, socket, toy } = await upgraded(t, await toyServer(t));
      const before = client.text();
      const chunk = encoding ? 'YWJj' : Buffer.from('abcd');
      const err = await new Promise((resolve) => socket.write(chunk, encoding, resolve));

      assert.ok(!err);
      assert.deepEqual(toy.calls, ['write']);
      await until(() => client.text().length > before.length);
      assert.equal(client.text(), before + Buffer.from(chunk, encoding).toString());
    });
  }

  it('goes through the connection: corked', async (t) => {
    const { client, socket } = await upgraded(t, await toyServer(t));
    const before = client.text();

    socket.cork();
    socket.write('a');
    socket.write(Buffer.from('b'));
    socket.uncork();
    socket.cork();
    socket.write(Buffer.from('c'));
    socket.write(Buffer.from('d'));
    socket.uncork();
    await until(() => client.text() === `${before}abcd`);
    assert.equal(socket.writableLength, 0);
  });

  it('comes before the end: end() with data', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));
    const before = client.text();

    socket.end('last');
    await until(() => client.text() === `${before}last`);
    assert.deepEqual(toy.calls.slice(0, 2), ['write', 'shutdown']);
  });

  it('completes although other writes are under way', async (t) => {
    const { client, socket } = await upgraded(t, await toyServer(t));

    // Leaves "the last write was asynchronous" in the place where Node looks.
    for (let i = 0; i < 3; i++) {
      client.write(Buffer.alloc(8 * 1024 * 1024));
      assert.ok(!(await new Promise((resolve) => socket.write('x', resolve))));
    }
  });
});

/** Every way of ending a connection: what it does, what the connection hears. */
const endings = {
  'socket.destroy()': [({ socket }) => socket.destroy(), ['destroy']],
  'socket.destroy(err)': [({ socket }) => socket.destroy(new Error('because')), ['destroy']],
  'socket.destroySoon()': [({ socket }) => socket.destroySoon(), ['shutdown', 'destroy']],
  'socket.end()': [({ socket }) => socket.end(), ['shutdown', 'destroy']],
  'socket.end(), then destroy()': [({ socket }) => socket.end(() => socket.destroy()), ['shutdown', 'destroy']],
  'socket.resetAndDestroy()': [({ socket }) => socket.resetAndDestroy(), ['reset']],
  'destroy() twice': [({ socket }) => socket.destroy().destroy(), ['destroy']],
  'end() twice': [({ socket }) => socket.end() && socket.end(), ['shutdown', 'destroy']],
  'the peer ends': [({ client }) => client.end(), ['destroy']],
  'the peer resets': [({ client }) => client.resetAndDestroy(), ['destroy']],
  'the engine ends': [({ toy }) => toy.engine.destroy(), ['destroy']],
  'both sides end at once': [
    ({ client, socket }) => {
      client.end();
      socket.end();
    },
    ['shutdown', 'destroy']
  ]
};

describe('ending a taken socket', () => {
  for (const [name, [act, calls]] of Object.entries(endings)) {
    it(`${name}: 'close' once, and the peer sees it`, async (t) => {
      const running = await toyServer(t);
      const parts = await upgraded(t, running);
      const { client, socket, toy } = parts;
      let closes = 0;

      client.on('end', () => client.end());
      socket.on('close', () => closes++);
      act(parts);
      await until(() => closes > 0);
      assert.ok(toy.engine.destroyed);
      await until(() => client.destroyed);
      await sleep(5);

      assert.equal(closes, 1);
      assert.deepEqual(toy.calls, calls);
      assert.equal(socket.destroyed, true);
      assert.equal(socket.bytesWritten, toy.engine.bytesWritten);
      assert.equal(socket._handle, null);
    });
  }
});

describe('the timeout of a taken socket', () => {
  /** A period that no test waits for: its timer is rung by hand. */
  const LONG = 1_000_000;

  it('was cleared with those of HTTP', async (t) => {
    const server = http.createServer({ keepAliveTimeout: 30 });

    // As `server.timeout` sets it, but not before a busy machine has come to the request.
    server.on('upgrade', (req, socket) => socket.setTimeout(40));
    const { socket, toy } = await upgraded(t, await toyServer(t, { server }));

    socket.on('timeout', () => assert.fail('HTTP timed out'));
    assert.equal(socket.timeout, 0);
    await sleep(120);
    assert.equal(toy.engine.destroyed, false);
  });

  it('comes when the engine is idle', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));

    client.write('before');
    await until(() => toy.bytes().toString() === 'before');
    await new Promise((resolve) => socket.setTimeout(20, resolve));
    socket.setTimeout(0);
  });

  it('comes after one period if nothing has moved in it', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));
    let timeouts = 0;

    client.write('before');
    await until(() => toy.bytes().toString() === 'before');
    socket.setTimeout(LONG, () => timeouts++);
    socket._onTimeout();
    assert.equal(timeouts, 1);
    socket.setTimeout(0);
  });

  it('does not come while the engine is active', async (t) => {
    const { client, socket, toy } = await upgraded(t, await toyServer(t));
    let timeouts = 0;

    socket.setTimeout(LONG, () => timeouts++);
    for (let i = 1; i <= 3; i++) {
      client.write('x');
      await until(() => toy.receivedBytes === i);
      socket._onTimeout();
    }
    assert.equal(timeouts, 0);
    socket._onTimeout();
    assert.equal(timeouts, 1);
    socket.setTimeout(0);
  });
});

describe('the books of the HTTP server', () => {
  const connections = (server) =>
    new Promise((resolve, reject) => server.getConnections((err, n) => (err ? reject(err) : resolve(n))));

  it('count the connection as long as it lives', async (t) => {
    const running = await toyServer(t);
    const { client, socket } = await upgraded(t, running);

    assert.equal(await connections(running.server), 1);
    client.end();
    await once(socket, 'close');
    assert.equal(await connections(running.server), 0);
  });

  it('let close() wait for it, whatever HTTP connections it closes', async (t) => {
    const running = await toyServer(t);
    const { client, socket, toy } = await upgraded(t, running);
    let closed = false;

    running.server.close(() => (closed = true));
    running.server.closeIdleConnections();
    running.server.closeAllConnections();
    await sleep(50);
    assert.equal(closed, false);
    assert.equal(socket.destroyed, false);

    client.write('still here');
    await until(() => toy.receivedBytes === 10);
    client.end();
    await until(() => closed);
  });

  it("keep to maxConnections, with 'drop'", async (t) => {
    const running = await toyServer(t);
    let drops = 0;

    running.server.maxConnections = 1;
    running.server.on('drop', () => drops++);

    const { client, socket } = await upgraded(t, running);
    const refused = await connect(t, running.where);

    await until(() => drops === 1);
    await until(() => refused.destroyed);
    client.end();
    await once(socket, 'close');
    await upgraded(t, running);
    assert.equal(drops, 1);
  });
});

describe('releaseSocket', () => {
  it('lets the socket go while the connection lives', async (t) => {
    const running = await toyServer(t, { releaseSocket: true });
    const { client, socket, toy } = await upgraded(t, running);

    if (!socket.closed) await once(socket, 'close');
    assert.deepEqual(toy.calls, []);
    assert.equal(socket.destroyed, true);

    client.write('hello');
    await until(() => toy.receivedBytes === 5);
    await new Promise((resolve) => running.server.close(resolve));
    client.write('again');
    await until(() => toy.receivedBytes === 10);
    client.end();
    await until(() => toy.engine.destroyed);
  });
});
