'use strict';

// Do the takeover and the engine fit together? The socket's members reach the
// real descriptor, and connections end with their process, worker and loop.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');

const { WebSocketServer } = require('..');
const { RawClient } = require('./support/raw-client');
const { until } = require('./takeover-support');

const script = (name) => path.join(__dirname, 'fixtures', name);
const openDescriptors = () => fs.readdirSync('/proc/self/fd').length;
const onLinux = { skip: process.platform !== 'linux' };

/**
 * A WebSocket over a descriptor, and its client.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the server
 * @return {Promise<Object>} `{ client, server, socket, ws }`
 */
async function connected(t, options) {
  const server = http.createServer();
  const wss = new WebSocketServer({ server, ...options });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const [[ws, req], client] = await Promise.all([once(wss, 'connection'), RawClient.open(server.address().port)]);

  t.after(() => {
    client.socket.destroy();
    ws.terminate();
    server.close();
  });

  return { client, server, socket: req.socket, ws };
}

/**
 * Waits for a 'close' event of a WebSocket.
 *
 * @param {WebSocket} ws The WebSocket
 * @return {Promise<Number>} The close code
 */
async function closeCode(ws) {
  const [code] = await once(ws, 'close');

  return code;
}

describe('the socket of a WebSocket', () => {
  it('is the one the application knows', async (t) => {
    const { client, socket, ws } = await connected(t);

    assert.equal(ws._socket, socket);
    assert.equal(ws.transport, 'fd');
    assert.equal(socket.destroyed, false);
    assert.equal(socket.remotePort, client.socket.localPort);
  });

  it('counts the bytes of the engine', async (t) => {
    const { client, socket, ws } = await connected(t);
    const { bytesRead, bytesWritten } = socket;

    client.send(1, 'hello');
    await once(ws, 'message');
    await new Promise((resolve) => ws.send('hello', resolve));
    assert.equal(socket.bytesRead, bytesRead + 11);
    assert.equal(socket.bytesWritten, bytesWritten + 7);
  });

  it('ends the connection with destroy()', async (t) => {
    const { client, socket, ws } = await connected(t);

    socket.destroy();
    assert.equal(await closeCode(ws), 1006);
    assert.equal((await client.rest()).length, 0);
  });

  it('resets the connection with resetAndDestroy()', async (t) => {
    const { client, socket, ws } = await connected(t);

    socket.resetAndDestroy();
    assert.equal(await closeCode(ws), 1006);
    await client.closed;
    assert.equal(client.errored.code, 'ECONNRESET');
  });

  it('sends a FIN behind what was sent with end()', async (t) => {
    const { client, socket, ws } = await connected(t);
    const codes = Promise.all([closeCode(ws), once(socket, 'close')]);

    ws.send('last');
    socket.end();
    assert.equal((await client.frame()).payload.toString(), 'last');
    assert.equal((await client.rest()).length, 0);
    assert.equal((await codes)[0], 1006);
  });

  it('closes when the connection does, and the server counts it until then', async (t) => {
    const { client, server, socket, ws } = await connected(t);
    const count = () => new Promise((resolve) => server.getConnections((err, n) => resolve(n)));
    let serverClosed = false;

    assert.equal(await count(), 1);
    server.close(() => (serverClosed = true));
    server.closeAllConnections();
    await sleep(30);
    assert.equal(serverClosed, false);

    const closes = Promise.all([closeCode(ws), once(socket, 'close')]);

    client.sendClose(1000);
    await client.frame();
    client.socket.end();
    await closes;
    await until(() => serverClosed);
  });

  it('does not time out while messages come', async (t) => {
    const { client, socket } = await connected(t);
    let timeouts = 0;

    socket.setTimeout(60, () => timeouts++);
    for (let i = 0; i < 10; i++) {
      client.send(1, 'x');
      await sleep(20);
    }
    assert.equal(timeouts, 0);
    await until(() => timeouts === 1);
    socket.setTimeout(0);
  });

  it('writes between the frames', async (t) => {
    const { client, socket, ws } = await connected(t);
    const large = Buffer.alloc(100000, 'y');

    ws.send('before');
    socket.write('raw,');
    socket.write(large);
    large.fill('z');
    ws.send('after');
    assert.equal((await client.frame()).payload.toString(), 'before');
    await until(() => client.pending + client.received.length >= 100004 + 7);
    client.look();
    assert.equal((await client.take(() => client.cut(100004))).toString(), `raw,${'y'.repeat(100000)}`);
    assert.equal((await client.frame()).payload.toString(), 'after');
  });

  it('fails a write after the end', async (t) => {
    const { client, socket, ws } = await connected(t);

    client.sendClose(1000);
    await closeCode(ws);
    assert.ok((await new Promise((resolve) => socket.write('late', resolve))) instanceof Error);
  });

  it('is let go with releaseSocket, and the connection lives', async (t) => {
    const { client, server, socket, ws } = await connected(t, { releaseSocket: true });

    await until(() => socket.closed);
    await new Promise((resolve) => server.close(resolve));
    client.send(1, 'still here');

    const [data] = await once(ws, 'message');

    assert.equal(String(data), 'still here');
  });
});

describe('the end of a worker', onLinux, () => {
  /**
   * Starts a worker, connects clients, ends the worker, and waits until the peers
   * have seen it.
   *
   * @param {String} how 'terminate', 'exit' or 'throw'
   * @return {Promise} Resolved when all of it is gone
   */
  async function liveAndDie(how) {
    const worker = new Worker(script('takeover-worker.js'));
    const exited = once(worker, 'exit').catch((err) => assert.equal(err.message, 'as asked'));
    const [port] = await once(worker, 'message');
    const clients = [];

    for (let i = 0; i < 20; i++) {
      clients.push(await RawClient.open(port));
      // Who says more than one thing gets a place in the loop's own set.
      for (const ping of ['one', 'two', 'three']) {
        clients[i].send(1, ping);
        await clients[i].frame();
      }
    }

    if (how === 'terminate') await worker.terminate();
    else worker.postMessage(how);
    await exited;
    await Promise.all(clients.map((client) => client.rest()));
    clients.forEach((client) => client.socket.destroy());
    await Promise.all(clients.map((client) => client.closed));
  }

  for (const how of ['terminate', 'exit', 'throw']) {
    it(`by ${how} closes every connection and leaves no descriptor`, async () => {
      await liveAndDie(how);

      const before = openDescriptors();

      await liveAndDie(how);
      await until(() => openDescriptors() <= before);
    });
  }
});

describe('the end of a process', () => {
  /**
   * Starts the script and connects to it.
   *
   * @param {TestContext} t The test
   * @param {Array} [args] Its arguments
   * @return {Promise<Object>} `{ child, client, output() }`
   */
  async function started(t, args = []) {
    const child = spawn(process.execPath, [script('takeover-natural-exit.js'), ...args]);
    let output = '';

    t.after(() => child.kill());
    child.stderr.pipe(process.stderr);
    child.stdout.on('data', (chunk) => (output += chunk));
    await until(() => output.includes('\n'));

    return { child, client: await RawClient.open(parseInt(output, 10)), output: () => output };
  }

  it('waits for the last connection, also after server.close()', async (t) => {
    const { child, client, output } = await started(t);

    await sleep(200);
    assert.equal(child.exitCode, null);
    client.send(1, 'still here');
    assert.equal(String((await client.frame()).payload), 'still here');
    client.socket.destroy();
    await once(child, 'close');
    assert.equal(child.exitCode, 0);
    assert.match(output(), /closed/);
  });

  it('does not wait for a connection that was unref()ed', async (t) => {
    const { child, client } = await started(t, ['unref']);

    await once(child, 'close');
    assert.equal(child.exitCode, 0);
    await client.rest();
  });
});

describe('a server without descriptors', onLinux, () => {
  it('keeps a connection on the stream when the dup fails', async (t) => {
    const native = require('../lib/base/native');
    const { takeDescriptor } = native;

    native.takeDescriptor = () => -24;
    t.after(() => (native.takeDescriptor = takeDescriptor));

    const { client, ws } = await connected(t);

    native.takeDescriptor = takeDescriptor;
    assert.equal(ws.transport, 'stream');
    assert.ok(ws._socket instanceof net.Socket);
    ws.on('message', (data) => ws.send(data));
    client.send(1, 'all the same');
    assert.equal(String((await client.frame()).payload), 'all the same');
  });
});
