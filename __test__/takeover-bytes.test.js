'use strict';

// Do all bytes arrive, once and in order, whenever they come? Numbered bytes in
// every phase between the request and the takeover, over both transports.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { REQUEST, RESPONSE, connect, numbered, takeToy, toyServer, until } = require('./takeover-support');

const KIB = 1024;

/**
 * Lets an application do something between 'upgrade' and the takeover, sends
 * numbered bytes, and compares.
 *
 * @param {TestContext} t The test
 * @param {Object} options `transport`; `send(client, bytes)`; `before(socket)`:
 *     what the application does first; `length`: how many bytes; `where`
 */
async function exchange(t, options) {
  const { transport, where = 0, length = 256 * KIB } = options;
  const bytes = numbered(length);
  const server = http.createServer(options.serverOptions);
  let toy;

  server.on('upgrade', async (req, socket, head) => {
    if (options.before) await options.before(socket, head);
    toy = takeToy(req, socket, head, { transport });
  });
  server.listen(where);
  await once(server, 'listening');
  t.after(() => server.close());

  const client = await connect(t, where || server.address().port);

  await options.send(client, bytes);
  await until(() => toy && toy.receivedBytes >= length);
  await until(() => client.text().length >= RESPONSE.length);

  assert.equal(toy.result.kind, transport);
  assert.ok(toy.bytes().equals(bytes));
  assert.equal(client.text(), RESPONSE);
  if (transport === 'fd') {
    const request = options.request || REQUEST;

    assert.equal(toy.socket.bytesRead, request.length + length);
    assert.equal(toy.socket.bytesWritten, RESPONSE.length);
  }
  client.end();
  await until(() => toy.socket.destroyed);
}

/**
 * Sends the request, and the bytes in a packet of their own.
 *
 * @param {net.Socket} client The client
 * @param {Buffer} bytes The bytes
 */
async function sendApart(client, bytes) {
  client.write(REQUEST);
  await sleep(20);
  client.write(bytes);
}

/**
 * Sends all in one go.
 *
 * @param {net.Socket} client The client
 * @param {Buffer} bytes The bytes
 */
function sendTogether(client, bytes) {
  client.write(Buffer.concat([Buffer.from(REQUEST), bytes]));
}

for (const transport of ['fd', 'stream']) {
  describe(`numbered bytes over ${transport}`, () => {
    it('that come later', (t) => exchange(t, { transport, send: sendApart, length: 1024 * KIB }));

    it('that come with the request', (t) => exchange(t, { transport, send: sendTogether }));

    it('that come with the request, few of them', (t) => exchange(t, { transport, send: sendTogether, length: 8 }));

    it('when the application waits 50 ms', (t) =>
      exchange(t, {
        transport,
        send: sendTogether,
        before: () => sleep(50)
      }));

    it('1 MiB during the wait', (t) =>
      exchange(t, {
        transport,
        send: sendApart,
        before: () => sleep(150),
        length: 1024 * KIB
      }));

    it('on a paused socket', (t) =>
      exchange(t, {
        transport,
        send: sendTogether,
        async before(socket) {
          socket.pause();
          await sleep(50);
          if (transport === 'stream') socket.resume();
        }
      }));

    it("beside a 'readable' listener", (t) =>
      exchange(t, {
        transport,
        send: sendApart,
        async before(socket) {
          const listener = () => {};

          socket.on('readable', listener);
          await sleep(60);
          if (transport === 'stream') {
            socket.removeListener('readable', listener);
            await sleep(10);
          }
        }
      }));

    it('when the request comes in pieces', (t) =>
      exchange(t, {
        transport,
        async send(client, bytes) {
          client.write(REQUEST.slice(0, 20));
          await sleep(10);
          client.write(REQUEST.slice(20, -2));
          await sleep(10);
          client.write(REQUEST.slice(-2));
          client.write(bytes);
        }
      }));

    it('with insecureHTTPParser', (t) =>
      exchange(t, {
        transport,
        send: sendTogether,
        serverOptions: { insecureHTTPParser: true }
      }));

    it('on a Unix socket', (t) =>
      exchange(t, {
        transport,
        send: sendTogether,
        before: () => sleep(20),
        where: path.join(os.tmpdir(), `upshift-${process.pid}-${transport}.sock`)
      }));

    it('the other way', async (t) => {
      const running = await toyServer(t, { transport });
      const client = await connect(t, running.where);
      const bytes = numbered(1024 * KIB);

      client.write(REQUEST);
      (await running.next()).engine.write(bytes);
      await until(() => client.text().length >= bytes.length + RESPONSE.length);
      assert.ok(Buffer.from(client.text(), 'latin1').subarray(RESPONSE.length).equals(bytes));
    });
  });
}

describe('a socket injected by a net.Server', () => {
  it('after it peeked, with what it had put back', async (t) => {
    const bytes = numbered(64 * KIB);
    const server = http.createServer();
    const front = net.createServer((socket) => {
      socket.once('data', (chunk) => {
        socket.pause();
        socket.unshift(chunk);
        server.emit('connection', socket);
        socket.resume();
      });
    });
    let toy;

    server.on('upgrade', (req, socket, head) => {
      toy = takeToy(req, socket, head);
    });
    front.listen(0);
    await once(front, 'listening');
    t.after(() => front.close());

    const client = await connect(t, front.address().port);

    sendTogether(client, bytes);
    client.end();
    await until(() => toy && toy.socket.destroyed);

    assert.equal(toy.result.kind, 'fd');
    assert.ok(toy.bytes().equals(bytes));
    assert.equal(client.text(), RESPONSE);
  });

  it('handles what is left over before a FIN closes it', async (t) => {
    // Less than the stream buffers, so that the FIN is read as well.
    const bytes = numbered(8 * KIB);
    const server = http.createServer();
    const front = net.createServer((socket) => {
      server.emit('connection', socket);
    });
    let toy;

    server.on('upgrade', async (req, socket, head) => {
      await sleep(80);
      toy = takeToy(req, socket, head);
    });
    front.listen(0);
    await once(front, 'listening');
    t.after(() => front.close());

    const client = await connect(t, front.address().port);

    await sendApart(client, bytes);
    client.end();
    await until(() => toy && toy.socket.destroyed);
    await until(() => client.destroyed);

    assert.ok(toy.bytes().equals(bytes));
    assert.deepEqual(toy.calls, ['shutdown', 'eof']);
    assert.equal(client.text(), RESPONSE);
  });
});
