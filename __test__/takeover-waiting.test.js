'use strict';

// Does an upgrade wait for the responses before it? Requests pipelined before
// the upgrade, answered late, over both transports.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const http = require('node:http');
const { describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const takeover = require('../lib/takeover/takeover');
const { REQUEST, RESPONSE, connect, numbered, takeToy, toyServer, until } = require('./takeover-support');

const GET = 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n';
const LAST = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

/**
 * A server whose ordinary requests are answered by the test.
 *
 * @return {Object} `{ server, responses }`
 */
function slowServer() {
  const responses = [];
  const server = http.createServer((req, res) => responses.push(res));

  return { server, responses };
}

for (const transport of ['fd', 'stream']) {
  describe(`an upgrade behind an unfinished response, over ${transport}`, () => {
    it('waits, and both answers arrive whole and in order', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);
      const bytes = numbered(300 * 1024);

      client.write(GET + REQUEST);
      client.write(bytes);

      const toy = await running.next();

      assert.equal(toy.sync, false);
      await sleep(20);
      responses[0].write('first half, ');
      await sleep(20);
      assert.equal(toy.result, undefined);
      responses[0].end('second half');
      await until(() => toy.receivedBytes === bytes.length);
      await until(() => client.text().endsWith(RESPONSE));

      assert.match(client.text(), /first half, .*second half.*101 Switching/s);
      assert.equal(client.text().split('HTTP/1.1').length, 3);
      assert.ok(toy.bytes().equals(bytes));
      assert.equal(toy.socket.timeout, 0);
    });

    it('waits for several', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);

      client.write(GET + GET + GET + REQUEST);

      const toy = await running.next();

      for (const i of [2, 0, 1]) {
        assert.equal(toy.result, undefined);
        responses[i].end(`body ${i}`);
        await sleep(10);
      }
      await until(() => client.text().endsWith(RESPONSE));
      assert.match(client.text(), /body 0.*body 1.*body 2.*101/s);
    });

    it('fails when the earlier response closes the connection', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);

      client.write(GET + REQUEST);

      const toy = await running.next();

      responses[0].setHeader('Connection', 'close');
      responses[0].end('the last');
      await until(() => client.destroyed);
      assert.ok(toy.failure);
      assert.equal(toy.result, undefined);
      assert.match(client.text(), /the last/);
    });

    it('fails when the peer goes away', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);

      client.write(GET + REQUEST);

      const toy = await running.next();

      client.resetAndDestroy();
      await sleep(20);
      // Nothing is read while it waits: the write notices.
      responses[0].write('x'.repeat(1e6));
      await sleep(20);
      responses[0].end('x');
      await until(() => toy.failure);
      assert.equal(toy.result, undefined);
    });

    it('is claimed while it waits', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);

      client.write(GET + REQUEST);

      const toy = await running.next();

      assert.equal(takeover.isTaken(toy.socket), true);
      assert.throws(() => takeToy(null, toy.socket, null), {
        code: 'ERR_UPSHIFT_TAKEN'
      });
      responses[0].end();
      await until(() => toy.result);
    });

    it('keeps the async context of the call', async (t) => {
      const { server, responses } = slowServer();
      const storage = new AsyncLocalStorage();
      let toy;
      let seen;

      server.on('upgrade', (req, socket, head) =>
        storage.run('the call', () => {
          toy = takeToy(req, socket, head, {
            transport,
            onReady(result) {
              seen = storage.getStore();
              toy.attach(result);
            }
          });
        })
      );
      server.listen(0);
      await once(server, 'listening');
      t.after(() => server.close());

      const client = await connect(t, server.address().port);

      client.write(GET + REQUEST);
      await until(() => responses.length > 0);
      storage.run('the response', () => responses[0].end());
      await until(() => seen !== undefined);
      assert.equal(seen, 'the call');
    });

    it('detaches a response made for the upgrade itself', async (t) => {
      const server = http.createServer();
      let toy;

      server.on('upgrade', (req, socket, head) => {
        const response = new http.ServerResponse(req);

        response.assignSocket(socket);
        toy = takeToy(req, socket, head, { transport });
        assert.equal(response.socket, null);
        response.end('goes nowhere');
      });
      server.listen(0);
      await once(server, 'listening');
      t.after(() => server.close());

      const client = await connect(t, server.address().port);

      client.write(REQUEST);
      await until(() => client.text() === RESPONSE);
      assert.equal(toy.sync, true);
      await sleep(20);
      assert.equal(client.text(), RESPONSE);
    });

    it('waits behind a request that ends the connection', async (t) => {
      const { server, responses } = slowServer();
      const running = await toyServer(t, { server, transport });
      const client = await connect(t, running.where);

      // What follows such a request is not read as one by every Node.
      client.write(LAST + REQUEST);
      await until(() => responses.length > 0);
      responses[0].end('the last');
      await until(() => client.destroyed);
      assert.doesNotMatch(client.text(), / 101 /);
    });
  });
}

describe('settle()', () => {
  it('calls back at once when there is nothing to wait for', async (t) => {
    const server = http.createServer();
    const outcome = [];

    server.on('upgrade', (req, socket) => {
      outcome.push(takeover.settle(req, socket, (err) => outcome.push(err)));
      socket.destroy();
      takeover.settle(req, socket, (err) => outcome.push(err.message));
    });
    server.listen(0);
    await once(server, 'listening');
    t.after(() => server.close());

    const client = await connect(t, server.address().port);

    client.write(REQUEST);
    await until(() => client.destroyed);
    assert.deepEqual(outcome, [null, true, 'The socket was closed before the handshake was answered']);
  });
});
