'use strict';

// Which sockets does the engine get, and what becomes of those who try to take,
// wrap or pass on a socket that is taken?

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const { Duplex } = require('node:stream');
const { describe, it } = require('node:test');
const tls = require('node:tls');
const vm = require('node:vm');

const { WebSocketServer } = require('ws');

const native = require('../lib/base/native');
const takeover = require('../lib/takeover/takeover');
const {
  REQUEST,
  RESPONSE,
  connect,
  pair,
  resultFor,
  takeToy,
  toyServer,
  until,
  upgraded
} = require('./takeover-support');

const fixture = (name) => fs.readFileSync(path.join(__dirname, 'fixtures', name));
const credentials = {
  key: fixture('localhost-key.pem'),
  cert: fixture('localhost-cert.pem')
};

/**
 * A Duplex whose other end nobody listens to.
 *
 * @return {Duplex} The stream
 */
function duplex() {
  return new Duplex({ read() {}, write: (chunk, encoding, cb) => cb() });
}

/**
 * The module as it is in a process that was started with a value of `UV_USE_IO_URING`.
 *
 * @param {String} ring The value
 * @return {Object} The module
 */
function startedWith(ring) {
  const file = require.resolve('../lib/takeover/takeover');
  const cached = require.cache[file];

  delete require.cache[file];
  process.env.UV_USE_IO_URING = ring;
  try {
    return require(file);
  } finally {
    delete process.env.UV_USE_IO_URING;
    require.cache[file] = cached;
  }
}

describe('the choice of the transport', () => {
  it('is the descriptor for a plain socket', async (t) => {
    assert.equal(resultFor((await pair(t)).near).kind, 'fd');
  });

  it('is the stream where it is asked for', async (t) => {
    const { near } = await pair(t);

    assert.equal(resultFor(near, { transport: 'stream' }).kind, 'stream');
  });

  for (const transport of ['auto', 'fd']) {
    it(`is the stream for any other Duplex (${transport})`, () => {
      const socket = duplex();
      const result = resultFor(socket, { transport });

      assert.equal(result.kind, 'stream');
      assert.equal(result.duplex, socket);
    });
  }

  it('is the stream for a socket with a buffer of its own', async (t) => {
    const onread = { buffer: Buffer.alloc(16), callback: () => true };
    const { far } = await pair(t, { onread });

    assert.equal(resultFor(far).kind, 'stream');
  });

  it('is the stream for a socket that decodes', async (t) => {
    const { near } = await pair(t);

    near.setEncoding('utf8');
    assert.equal(resultFor(near).kind, 'stream');
  });

  it('is the stream when there is no descriptor left', async (t) => {
    const { near } = await pair(t);
    const { takeDescriptor } = native;
    const handle = near._handle;

    native.takeDescriptor = () => -24;
    t.after(() => (native.takeDescriptor = takeDescriptor));

    const prototype = Object.getPrototypeOf(handle);

    assert.equal(resultFor(near).kind, 'stream');
    assert.equal(Object.getPrototypeOf(handle), prototype);
  });

  it('is the stream where io_uring is on and the loop cannot be had', async (t) => {
    const { forgetDescriptor } = native;

    native.forgetDescriptor = () => -95;
    t.after(() => (native.forgetDescriptor = forgetDescriptor));

    assert.equal(resultFor((await pair(t)).near, {}, startedWith('1')).kind, 'stream');
    assert.equal(resultFor((await pair(t)).near, {}, startedWith('0')).kind, 'fd');
  });

  it('is the stream under TLS, whose descriptor is the raw connection', async (t) => {
    const running = await toyServer(t, { server: https.createServer(credentials) });
    const client = tls.connect({
      port: running.where,
      rejectUnauthorized: false
    });
    let text = '';

    t.after(() => client.destroy());
    client.on('data', (chunk) => (text += chunk));
    client.write(REQUEST);

    const toy = await running.next();

    assert.equal(toy.result.kind, 'stream');
    await until(() => text === RESPONSE);
    client.write('secret');
    await until(() => toy.receivedBytes === 6);
  });

  it('is the stream for an HTTP/2 stream', async (t) => {
    const server = http2.createServer();
    const bytes = [];

    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      bytes.push(resultFor(stream).kind);
    });
    server.listen(0);
    await once(server, 'listening');

    const session = http2.connect(`http://localhost:${server.address().port}`);

    t.after(() => {
      session.destroy();
      server.close();
    });
    session.request({ ':path': '/' }).on('error', () => {});
    await until(() => bytes.length > 0);
    assert.deepEqual(bytes, ['stream']);
  });

  it('depends on what Node hands out for a request with a body', async (t) => {
    const running = await toyServer(t);
    const client = await connect(t, running.where);

    client.write(REQUEST.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n'));

    const toy = await running.next();
    const { kind } = toy.result;

    assert.equal(kind, toy.socket instanceof net.Socket ? 'fd' : 'stream');
  });

  it('finds its prototype from another vm context', async (t) => {
    const context = vm.createContext({ require, module: {}, process, Buffer });
    const file = require.resolve('../lib/takeover/socket-stub');
    const code = `(function (require, module) {${fs.readFileSync(file)}\n})`;
    const load = vm.runInContext(code, context);
    const module = { exports: {} };

    load((name) => require(path.resolve(path.dirname(file), name)), module);

    const { near } = await pair(t);

    assert.equal(module.exports.shadowOf(near._handle).uncovered.length, 0);
  });
});

describe('the guard', () => {
  it('is attached once, and comes off again', () => {
    const socket = duplex();

    takeover.guard(socket);
    takeover.guard(socket);
    assert.equal(socket.listenerCount('error'), 1);
    takeover.unguard(socket);
    assert.equal(socket.listenerCount('error'), 0);
  });

  it('survives a RST while the application waits', async (t) => {
    const server = http.createServer();
    let socket;

    server.on('upgrade', (req, upgradedSocket) => {
      socket = upgradedSocket;
      takeover.guard(socket);
    });
    server.listen(0);
    await once(server, 'listening');
    t.after(() => server.close());

    const client = await connect(t, server.address().port);

    client.write(REQUEST);
    await until(() => socket);
    client.resetAndDestroy();
    await until(() => socket.destroyed);

    // Taken all the same: it fails, as is said to whoever asked.
    const toy = takeToy({ socket }, socket, Buffer.alloc(0));

    assert.match(toy.failure.message, /closed before/);
  });
});

describe('an application that ends the socket in the middle', () => {
  for (const end of ['destroy', 'end']) {
    it(`is told that it failed: ${end}() in a 'data' listener`, async (t) => {
      const { near, far } = await pair(t);

      far.write('bytes');
      await once(near, 'readable');
      near.on('data', () => near[end]());
      near.pause();

      const toy = takeToy({ socket: near }, near, Buffer.alloc(0));

      assert.match(toy.failure.message, /closed before/);
      assert.deepEqual(toy.calls, []);
      await until(() => near.closed && far.destroyed);
    });
  }
});

describe('a socket that is taken', () => {
  it('cannot be taken again', async (t) => {
    const { socket, toy } = await upgraded(t, await toyServer(t));

    assert.throws(() => takeToy(null, socket, null), {
      code: 'ERR_UPSHIFT_TAKEN'
    });
    assert.equal(toy.engine.destroyed, false);
  });

  it('cannot be taken by another copy of the package', async (t) => {
    const { socket } = await upgraded(t, await toyServer(t));
    const file = require.resolve('../lib/takeover/takeover');
    const copy = require.cache[file];

    delete require.cache[file];
    t.after(() => (require.cache[file] = copy));

    const other = require('../lib/takeover/takeover');

    assert.notEqual(other, takeover);
    assert.equal(other.isTaken(socket), true);
    assert.throws(() => other.take({ socket }, socket, null, {}), {
      code: 'ERR_UPSHIFT_TAKEN'
    });
  });

  it('has two responses when ws accepts it too, which nobody can forbid it', async (t) => {
    const server = http.createServer();
    const wss = new WebSocketServer({ noServer: true });
    const running = await toyServer(t, { server });

    server.on('upgrade', (req, socket, head) => wss.handleUpgrade(req, socket, head, () => {}));

    const client = await connect(t, running.where);

    client.write(
      REQUEST.replace(
        '\r\n\r\n',
        '\r\nSec-WebSocket-Version: 13\r\n' + 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
      )
    );

    await until(() => client.text().split('101').length === 3);
    client.destroy();
  });

  for (const keepOpen of [false, true]) {
    it(`cannot be sent to another process (keepOpen: ${keepOpen})`, async (t) => {
      const running = await toyServer(t);
      const { client, socket, toy } = await upgraded(t, running);
      const child = fork(path.join(__dirname, 'fixtures', 'idle-child.js'));

      t.after(() => child.kill());
      await once(child, 'message');

      let failure;

      try {
        child.send('a socket', socket, { keepOpen }, (err) => (failure = err));
      } catch (err) {
        failure = err;
      }
      await until(() => failure);
      if (!keepOpen) assert.equal(failure.code, 'ERR_UPSHIFT_TAKEN');
      assert.equal(running.server._connections, 1);

      client.write('still here');
      await until(() => toy.receivedBytes === 10);
    });
  }

  const wrappers = {
    'a TLSSocket': (socket) => new tls.TLSSocket(socket, { isServer: true }),
    'a TLS client': (socket) => tls.connect({ socket }),
    'an HTTP/2 session': (socket) => http2.connect('http://localhost', { createConnection: () => socket }),
    'an HTTP server': (socket) => http.createServer().emit('connection', socket),
    'an HTTP/2 server': (socket) => http2.createServer().emit('connection', socket),
    'a TLS server': (socket) => tls.createServer(credentials).emit('connection', socket),
    'another Socket': (socket) => new net.Socket({ handle: socket._handle })
  };

  for (const [name, wrap] of Object.entries(wrappers)) {
    it(`does not crash the process inside ${name}`, async (t) => {
      const { socket, toy, client } = await upgraded(t, await toyServer(t));
      const before = client.text();

      try {
        wrap(socket)?.on?.('error', () => {});
      } catch (err) {
        assert.ok(err.code || err instanceof TypeError, err);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.ok(client.text().startsWith(before));
      toy.engine.destroy();
    });
  }
});
