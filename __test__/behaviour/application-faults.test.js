'use strict';

// What does a mistake of the application cost? The table of docs/handshake.md, and that no answer ends up where none belongs.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { faults } = require('../support/handshake-table');
const { listen, upgrader } = require('../support/upgrader');
const { WebSocket, ownAddition } = require('../support/implementation');

const { accept, createUpgradeRouter, reject, upgrade, validateUpgrade } = WebSocket;
const OFFERS = { 'Sec-WebSocket-Protocol': 'a, b' };
const NOTHING = Buffer.alloc(0);

/** What can be told from a socket that nobody has touched. */
function stateOf(socket) {
  const listeners = socket.eventNames().map((name) => [name, socket.listenerCount(name)]);

  return { listeners, ended: socket.writableEnded, flowing: socket.readableFlowing, written: socket.bytesWritten };
}

describe('a mistake of the application', ownAddition, () => {
  test('is in a table', () => {
    assert.ok(faults().filter(({ outcome }) => outcome === '500').length > 3);
    assert.ok(faults().filter(({ outcome }) => outcome === 'nothing').length > 8);
  });

  for (const { name, mistake, args, error, outcome } of faults()) {
    test(`${name}(): ${mistake}`, async (t) => {
      const seen = {};
      const port = await listen(t, async (req, socket, head) => {
        const before = stateOf(socket);
        const call = name === 'reject' ? reject(req, socket, ...args()) : upgrade(req, socket, head, ...args());

        seen.error = await call.catch((err) => err);
        seen.before = before;
        seen.after = stateOf(socket);
        if (name === 'upgrade' && !mistake.includes('constructor'))
          assert.throws(() => validateUpgrade(req, ...args()), { name: error });
        await reject(req, socket, 418, { body: 'afterwards' });
      });
      const client = await RawClient.connect(port);

      client.write(RawClient.request({ headers: OFFERS }));

      const response = (await client.rest()).toString();

      assert.equal(seen.error.name, error);
      if (outcome === 'nothing') {
        assert.match(response, /^HTTP\/1.1 418 [^]*\r\n\r\nafterwards$/);
        assert.deepEqual(seen.after, seen.before);
      } else {
        assert.match(response, /^HTTP\/1.1 500 [^]*\r\nConnection: close\r\n[^]*\r\n\r\nInternal Server Error$/);
      }
    });
  }

  test('a status that makes no response has the code of Node.js', async () => {
    await assert.rejects(reject({ headers: {} }, {}, 99), { code: 'ERR_HTTP_INVALID_STATUS_CODE' });
  });

  test('a route answers with 500, and reports what its choice of a subprotocol is worth', async (t) => {
    const http = require('node:http');
    const server = http.createServer();
    const router = createUpgradeRouter(server);
    const reported = [];
    let choose;

    router.on('error', (err) => reported.push(err));
    router.websocket('/', { authenticate: async () => true, handleProtocols: () => choose() }, () => {});
    router.websocket(
      '/checked',
      { handleProtocols: () => choose(), verifyClient: (info, done) => done(true) },
      () => {}
    );
    assert.throws(() => router.websocket('/wrong', { handleProtocols: 'a' }, () => {}), TypeError);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());

    const thrown = new Error('why');
    const ask = async (path) => {
      const client = await RawClient.connect(server.address().port);

      t.after(() => client.socket.destroy());
      client.write(RawClient.request({ headers: OFFERS, path }));
      return client.head();
    };

    for (const path of ['/', '/checked']) {
      for (const wrong of [() => 'c', async () => 'a', () => 'a\r\nX: y', () => 1]) {
        choose = wrong;
        assert.match(await ask(path), /^HTTP\/1.1 500 /);
        assert.match(
          reported.pop().message,
          /"handleProtocols" option must return one of .*: a, b offered, .+ returned$/
        );
      }

      choose = () => {
        throw thrown;
      };
      assert.match(await ask(path), /^HTTP\/1.1 500 /);
      assert.equal(reported.pop(), thrown);
      choose = () => {
        throw new WebSocket.HttpError(403);
      };
      assert.match(await ask(path), /^HTTP\/1.1 403 /);
      assert.deepEqual(reported, []);
    }

    for (const none of [undefined, null, false, '']) {
      choose = () => none;
      assert.match(await ask('/'), /^HTTP\/1.1 101 /);
    }

    choose = () => 'b';
    assert.match(await ask('/'), /\r\nSec-WebSocket-Protocol: b\r\n/);
  });

  test('headers of a 101 say nothing that is the handshake to say', async (t) => {
    const headers = {
      'Content-Length': '5',
      'Sec-WebSocket-Accept': 'x',
      'Sec-WebSocket-Extensions': 'permessage-deflate',
      'Transfer-Encoding': 'chunked',
      'sec-websocket-protocol': 'q',
      'X-Own': 'kept',
      Upgrade: 'h2c',
      connection: 'close'
    };
    const { port } = await upgrader(t, { headers });
    const plain = await upgrader(t);
    const client = await RawClient.open(port, { headers: OFFERS });
    const other = await RawClient.open(plain.port, { headers: OFFERS });

    assert.equal(client.response.replace('X-Own: kept\r\n', ''), other.response);
    assert.notEqual(client.response, other.response);
  });

  test('reject() writes nothing into a live WebSocket', async (t) => {
    const rejected = [];
    const port = await listen(t, async (req, socket, head) => {
      const ws = await upgrade(req, socket, head);

      t.after(() => ws.terminate());
      for (const answer of [undefined, { head, keepAlive: true }])
        rejected.push((await reject(req, socket, 500, answer).catch((err) => err))?.code);
      ws.send('hello');
    });
    const client = await RawClient.open(port);

    assert.equal((await client.frame()).payload.toString(), 'hello');
    assert.deepEqual(rejected, ['ERR_UPSHIFT_TAKEN', 'ERR_UPSHIFT_TAKEN']);
  });

  test('reject() writes nothing into what accept() has handed out', async (t) => {
    let code;
    const port = await listen(t, async (req, socket, head) => {
      const taken = await accept(req, socket, head, { protocol: 'x' });

      code = (await reject(req, socket, 500).catch((err) => err)).code;
      taken.end('spoken');
    });
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: { Upgrade: 'x' } }));
    await client.head();
    assert.equal((await client.rest()).toString(), 'spoken');
    assert.equal(code, 'ERR_UPSHIFT_TAKEN');
  });

  test('reject() writes nothing into a WebSocket that waited for an earlier response', async (t) => {
    const wss = new WebSocket.Server({ noServer: true });
    let code;
    const port = await listen(t, async (req, socket, head) => {
      wss.handleUpgrade(req, socket, head, (ws) => {
        t.after(() => ws.terminate());
        setImmediate(() => ws.send('hello'));
      });
      code = (await reject(req, socket, 500).catch((err) => err))?.code;
    });
    const client = await RawClient.connect(port);

    client.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${RawClient.request()}`);
    assert.match(await client.head(), /^HTTP\/1.1 200 /);
    await client.take(() =>
      client.received.includes('HTTP/1.1 101') ? client.cut(client.received.indexOf('HTTP')) : null
    );
    await client.head();
    assert.equal((await client.frame()).payload.toString(), 'hello');
    assert.equal(code, 'ERR_UPSHIFT_TAKEN');
  });

  test('a second refusal takes nothing from the first one', async (t) => {
    const long = 'x'.repeat(8 * 1048576);
    const port = await listen(t, (req, socket) => {
      reject(req, socket, 403, { body: long });
      reject(req, socket, 500);
    });
    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    assert.match(await client.head(), /^HTTP\/1.1 403 /);
    assert.equal((await client.rest()).length, long.length);
  });

  test('a router answers nothing where authenticate has taken the socket by itself', async (t) => {
    const http = require('node:http');
    const server = http.createServer();
    const reported = [];
    const router = createUpgradeRouter(server);

    router.on('error', (err) => reported.push(err.message));
    router.websocket(
      '/',
      {
        async authenticate(req) {
          const ws = await upgrade(req, req.socket, NOTHING);

          t.after(() => ws.terminate());
          ws.send('hello');
          throw new Error('after that');
        }
      },
      () => {}
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());

    const client = await RawClient.open(server.address().port);

    assert.equal((await client.frame()).payload.toString(), 'hello');
    assert.deepEqual(reported, ['after that']);
  });
});

describe('a response without content', ownAddition, () => {
  for (const [status, method, pattern] of [
    [204, 'GET', /^HTTP\/1.1 204 No Content\r\nConnection: close\r\nX-A: b\r\n\r\n$/],
    [205, 'GET', /^HTTP\/1.1 205 Reset Content\r\nConnection: close\r\nContent-Length: 0\r\nX-A: b\r\n\r\n$/],
    [304, 'GET', /^HTTP\/1.1 304 Not Modified\r\nConnection: close\r\nX-A: b\r\n\r\n$/],
    [403, 'HEAD', /^HTTP\/1.1 403 [^]*\r\nContent-Length: 5\r\nX-A: b\r\n\r\n$/]
  ]) {
    test(`${method}, ${status}`, async (t) => {
      const answer = { body: 'hello', headers: { 'X-A': 'b' } };
      const port = await listen(t, (req, socket) => reject(req, socket, status, answer));
      const client = await RawClient.connect(port);

      client.write(RawClient.request({ method }));
      assert.match((await client.rest()).toString(), pattern);
    });
  }

  test('HEAD that is no handshake', async (t) => {
    const wss = new WebSocket.Server({ noServer: true });

    for (const listener of [
      (req, socket, head) => upgrade(req, socket, head).catch(() => {}),
      (req, socket, head) => wss.handleUpgrade(req, socket, head, assert.fail)
    ]) {
      const client = await RawClient.connect(await listen(t, listener));

      client.write(RawClient.request({ method: 'HEAD' }));
      assert.match((await client.rest()).toString(), /^HTTP\/1.1 40[05] [^]*\r\nContent-Length: 19\r\n(.+\r\n)*\r\n$/);
    }
  });
});
