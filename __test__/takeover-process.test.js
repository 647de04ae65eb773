'use strict';

// Does the takeover hold where processes and event loops come in? The loop that
// must not spin, events that are staged already, clusters, inherited sockets.

const assert = require('node:assert/strict');
const { execFile, fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { describe, it } = require('node:test');
const { promisify } = require('node:util');

const { REQUEST, RESPONSE, connect, takeToy, until } = require('./takeover-support');

const script = (name) => path.join(__dirname, 'fixtures', name);

/**
 * Collects the messages of a child process.
 *
 * @param {ChildProcess} child The process
 * @return {Array} What it has sent so far, growing
 */
function messagesOf(child) {
  const messages = [];

  child.on('message', (message) => messages.push(message));

  return messages;
}

describe('the event loop', () => {
  for (const ring of ['0', '1']) {
    it(`does not spin with UV_USE_IO_URING=${ring}`, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [script('takeover-spin.js')], {
        env: { ...process.env, UV_USE_IO_URING: ring }
      });

      assert.ok(Number(stdout) < 150, `${stdout.trim()} ms in 500 ms`);
    });
  }

  it('delivers no staged event to whoever reuses a descriptor', async (t) => {
    const count = 20;
    const server = http.createServer();
    const pending = [];
    const toys = [];
    const opened = [];

    // All upgrades wait, bytes come in for each, and one callback takes them.
    server.on('upgrade', (req, socket, head) => pending.push([req, socket, head]));
    server.listen(0);
    await once(server, 'listening');
    t.after(() => server.close());

    const clients = await Promise.all(Array.from({ length: count }, () => connect(t, server.address().port)));

    for (const client of clients) client.write(REQUEST);
    await until(() => pending.length === count);
    // One turn of the loop finds the bytes of all clients ready.
    for (const client of clients) client.write('staged');
    pending[0][1].once('readable', () => {
      for (const args of pending) {
        toys.push(takeToy(...args));
        // Takes the number that libuv has just closed.
        opened.push(fs.openSync('/dev/null'));
      }
    });

    await until(() => toys.length === count);
    t.after(() => opened.forEach((fd) => fs.closeSync(fd)));
    await until(() => toys.every((toy) => toy.receivedBytes === 6));
    await until(() => clients.every((client) => client.text() === RESPONSE));
    for (const toy of toys) {
      assert.equal(toy.bytes().toString(), 'staged');
      assert.equal(toy.socket.destroyed, false);
    }
    for (const client of clients) client.end();
    await until(() => toys.every((toy) => toy.socket.destroyed));
  });
});

describe('several processes', () => {
  for (const policy of ['rr', 'none']) {
    it(`a cluster's worker (${policy}) stays while a connection lives`, async (t) => {
      const child = fork(script('takeover-cluster.js'), {
        env: { ...process.env, NODE_CLUSTER_SCHED_POLICY: policy }
      });
      const messages = messagesOf(child);

      t.after(() => child.kill());
      await until(() => messages.some((message) => message.port));

      const client = await connect(t, messages.find((message) => message.port).port);

      client.write(REQUEST);
      await until(() => messages.includes('upgraded'));
      client.write('after the disconnect');
      await until(() => client.text() === `${RESPONSE}after the disconnect`);
      assert.equal(child.exitCode, null);
      client.end();

      const [code] = await once(child, 'exit');

      assert.equal(code, 0);
    });
  }

  it('a listening socket inherited from the parent', async (t) => {
    const child = fork(script('takeover-inherited.js'));
    const messages = messagesOf(child);
    const server = net.createServer().listen(0, '127.0.0.1');

    t.after(() => child.kill());
    await once(server, 'listening');

    const { port } = server.address();

    child.send('serve this', server);
    await until(() => messages.includes('listening'));
    server.close();

    const client = await connect(t, port);

    client.write(`${REQUEST}hello`);
    await until(() => client.text() === RESPONSE);
    client.write(' there');
    await until(() => client.text().endsWith(' there'));
    assert.ok(messages.includes('fd'));
  });
});
