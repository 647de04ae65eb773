'use strict';

// What becomes of the options that an application sets on the socket of a WebSocket? The kernel has them, with the values
// that Node.js would give it, in the order in which they were set.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { rawPair, serve } = require('../support/serve');
const { ownAddition } = require('../support/implementation');

/** What the words of an option are called, see lib/channel/socket-options.js. */
const NO_DELAY = 0;
const KEEP_ALIVE = 1;
const SERVICE = 2;

/** Where the kernel can be asked through the engine. */
const onDescriptor = process.env.UPSHIFT_TRANSPORT === 'stream' ? { skip: 'no descriptor of the engine' } : ownAddition;
const withService =
  typeof net.Socket.prototype.setTypeOfService === 'function' ? onDescriptor : { skip: 'not in this Node' };
const onLinux = process.platform === 'linux' ? {} : { skip: 'the table of connections is that of Linux' };

/**
 * Asks the kernel.
 *
 * @param {WebSocket} ws A WebSocket over a descriptor
 * @param {Number} name The option
 * @return {Number[]} Its words
 */
function kernel(ws, name) {
  for (;;) {
    const words = ws._$channel.native.option(ws._$id, name);

    // A thread may be at work just now.
    if (words !== null) return words;
  }
}

/**
 * The timer of a connection, as the kernel's table of connections has it.
 *
 * @param {net.Socket} socket The socket, one that IPv4 reaches
 * @return {Object} `{ kind, seconds }`; the kind is 2 for a keep-alive
 */
function timer({ localPort, remotePort }) {
  const port = (number) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['tcp', 'tcp6'].flatMap((name) => fs.readFileSync(`/proc/net/${name}`, 'latin1').split('\n'));
  const words = lines.map((line) => line.trim().split(/\s+/));
  const row = words.find(([, local, remote]) => local?.endsWith(port(localPort)) && remote.endsWith(port(remotePort)));
  const [kind, ticks] = row[5].split(':');

  return { kind: parseInt(kind, 16), seconds: parseInt(ticks, 16) / 100 };
}

describe('setKeepAlive()', () => {
  test('starts the timer of the kernel, and stops it', onLinux, async (t) => {
    const { socket } = await rawPair(t);

    assert.notEqual(timer(socket._socket).kind, 2);
    socket._socket.setKeepAlive(true, 600_000);

    const { kind, seconds } = timer(socket._socket);

    assert.equal(kind, 2);
    assert.ok(seconds > 500 && seconds <= 600, `${seconds} s`);
    socket._socket.setKeepAlive(false);
    assert.notEqual(timer(socket._socket).kind, 2);
  });

  test('asks ten times, once a second, unless it is told otherwise', onDescriptor, async (t) => {
    const { socket } = await rawPair(t);
    const { _socket } = socket;

    _socket.setKeepAlive(true, 5000);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), [1, 5, 1, 10]);
    // From version 24 on Node.js passes the last two on.
    _socket._handle.setKeepAlive(true, 7, 2, 3);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), [1, 7, 2, 3]);
    _socket.setKeepAlive(false);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), [0, 7, 2, 3]);

    const passesAll = net.Socket.prototype.setKeepAlive.length > 2;

    _socket.setKeepAlive(true, 9000, 4000, 6);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), passesAll ? [1, 9, 4, 6] : [1, 9, 1, 10]);
  });

  test('without a delay turns the probes on as they were', onDescriptor, async (t) => {
    const { socket } = await rawPair(t);
    const { _socket } = socket;
    const [, ...before] = kernel(socket, KEEP_ALIVE);

    assert.equal(_socket.setKeepAlive(true), _socket);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), [1, ...before]);
    assert.ok(_socket._handle.setKeepAlive(true, 0) < 0);
  });
});

describe('setNoDelay()', () => {
  test('was called by the takeover', onDescriptor, async (t) => {
    const { port, wss } = await serve(t, {}, http.createServer({ noDelay: false }));
    const [[socket]] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    assert.deepEqual(kernel(socket, NO_DELAY), [1]);
    socket._socket.setNoDelay(false);
    assert.deepEqual(kernel(socket, NO_DELAY), [0]);
    socket._socket.setNoDelay(true);
    assert.deepEqual(kernel(socket, NO_DELAY), [1]);
  });
});

describe('while the reactor is at work', () => {
  /**
   * Has a channel find its reactor at work.
   *
   * @param {Object} channel The channel
   * @param {Function} step What is done meanwhile
   */
  function busy({ native }, step) {
    native.setOption = native.option = () => null;
    try {
      step();
    } finally {
      delete native.setOption;
      delete native.option;
    }
  }

  test('options are put off in their order', onDescriptor, async (t) => {
    const { socket } = await rawPair(t);
    const { _socket } = socket;

    busy(socket._$channel, () => {
      assert.equal(_socket._handle.setKeepAlive(true, 5), 0);
      assert.equal(_socket._handle.setNoDelay(false), 0);
      assert.equal(_socket._handle.setKeepAlive(true, 7), 0);
    });
    assert.equal(_socket._handle.setNoDelay(true), 0);
    assert.deepEqual(kernel(socket, NO_DELAY), [1]);
    assert.deepEqual(kernel(socket, KEEP_ALIVE), [1, 7, 1, 10]);

    busy(socket._$channel, () => _socket.setKeepAlive(true, 9000));
    _socket.setKeepAlive(false);
    assert.equal(kernel(socket, KEEP_ALIVE)[0], 0);
  });

  test('the type of service is the one that was chosen', withService, async (t) => {
    const { socket } = await rawPair(t);
    const { _socket } = socket;

    busy(socket._$channel, () => {
      assert.equal(_socket.getTypeOfService(), 0);
      _socket.setTypeOfService(16);
      assert.equal(_socket.getTypeOfService(), 16);
    });
    assert.equal(_socket.getTypeOfService(), 16);
    assert.deepEqual(kernel(socket, SERVICE), [16]);
    busy(socket._$channel, () => assert.equal(_socket.getTypeOfService(), 16));
  });

  test('the type of service is the one that was chosen before the upgrade, or last', withService, async (t) => {
    const server = http.createServer();

    server.on('connection', (socket) => socket.setTypeOfService(32));

    const { port, wss } = await serve(t, {}, server);
    const [[socket]] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);
    const { _socket } = socket;

    assert.deepEqual(kernel(socket, SERVICE), [32]);
    busy(socket._$channel, () => assert.equal(_socket.getTypeOfService(), 32));
    for (const value of [8, 16]) _socket.setTypeOfService(value);
    busy(socket._$channel, () => assert.equal(_socket.getTypeOfService(), 16));
    busy(socket._$channel, () => {
      for (const value of [64, 72]) _socket.setTypeOfService(value);
      assert.equal(_socket.getTypeOfService(), 72);
    });
    assert.equal(_socket.getTypeOfService(), 72);
    assert.deepEqual(kernel(socket, SERVICE), [72]);
  });

  test('nothing is set on a connection that has ended', onDescriptor, async (t) => {
    const { socket } = await rawPair(t);
    const { _handle } = socket._socket;
    const channel = socket._$channel;

    busy(channel, () => _handle.setKeepAlive(true, 5));
    socket.terminate();
    assert.ok(_handle.setKeepAlive(true, 5) <= 0);
    await once(socket, 'close');
    assert.ok(_handle.setKeepAlive(true, 5) < 0);
  });
});
