'use strict';

// What does a protocol of the application's own get? Node's socket behind the right 101, with every byte in order, and
// what routes have around it.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { HttpError, accept } = require('../..');
const { RawClient } = require('../support/raw-client');
const { exchange, listening, routed, tell } = require('./support');

/** A request for protocols. */
function asking(upgrade, { path = '/', more = '' } = {}) {
  return `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${more}\r\n`;
}

/** Sends back what it gets. */
function echo(socket) {
  socket.pipe(socket);
}

/** Numbers as bytes, so that a lost or moved one shows. */
function numbered(count) {
  return Buffer.from(Uint32Array.from({ length: count }, (_, index) => index).buffer);
}

describe('router.protocol()', () => {
  test('hands out the socket with what came early in front', async (t) => {
    const { port, router, server } = await routed(t);
    const bytes = numbered(50_000);
    let given;

    router.protocol('echo/1', (socket, req, { auth, params, protocol }) => {
      given = { auth, params: { ...params }, protocol, socket };
      echo(socket);
    });

    const [connection, client] = [once(server, 'connection'), await RawClient.connect(port)];

    client.write(Buffer.concat([Buffer.from(asking('echo/1')), bytes.subarray(0, 1000)]));
    assert.equal(
      await client.head(),
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n'
    );
    client.write(bytes.subarray(1000));
    client.socket.end();
    assert.ok((await client.rest()).equals(bytes));

    const { socket, ...others } = given;

    assert.deepEqual(others, { auth: undefined, params: {}, protocol: 'echo/1' });
    assert.equal(socket, (await connection)[0], 'it is the same socket');
    assert.ok(socket instanceof net.Socket);
    assert.ok(socket.listenerCount('error') > 0);
  });

  test('keeps bytes in order that arrive while somebody is asked', async (t) => {
    const { port, router } = await routed(t);
    const bytes = numbered(100_000);

    router.protocol(
      'echo',
      { authenticate: () => new Promise((resolve) => setTimeout(resolve, 30, 'me')), headers: { 'X-Own': 'yes' } },
      (socket, req, { auth }) => {
        assert.equal(auth, 'me');
        echo(socket);
      }
    );

    const client = await RawClient.connect(port);

    client.write(Buffer.concat([Buffer.from(asking('echo')), bytes.subarray(0, 70_000)]));
    setTimeout(() => {
      client.write(bytes.subarray(70_000));
      client.socket.end();
    }, 10);
    assert.match(await client.head(), /\r\nUpgrade: echo\r\nX-Own: yes\r\n\r\n$/);
    assert.ok((await client.rest()).equals(bytes));
  });

  test('survives a reset that nobody expects', async (t) => {
    const { port, router } = await routed(t);
    const closed = new Promise((resolve) => {
      router.protocol('x', (socket) => {
        socket.on('close', resolve);
        socket.resume();
      });
    });
    const client = await RawClient.connect(port);

    client.write(asking('x'));
    await client.head();
    client.socket.resetAndDestroy();
    assert.equal(await closed, true);
  });

  test('follows the order of the client, whatever that of the routes', async (t) => {
    const { port, router } = await routed(t);

    router.protocol('b', (socket) => socket.end('b'));
    router.websocket('/ws', (ws) => ws.terminate());
    router.protocol('a', (socket) => socket.end('a'));
    for (const [upgrade, expected] of [
      ['a, b', 'a'],
      ['b, a', 'b'],
      ['unknown/2, , b,a', 'b'],
      ['websocket, a', 'a']
    ]) {
      const client = await RawClient.connect(port);

      client.write(asking(upgrade));
      assert.match(await client.head(), new RegExp(`\r\nUpgrade: ${expected}\r\n`), upgrade);
      assert.equal(String(await client.rest()), expected, upgrade);
    }
  });

  test('compares names in any case, and versions when the route has one', async (t) => {
    const { port, router } = await routed(t);
    const named =
      (name) =>
      (socket, req, { protocol }) =>
        socket.end(`${name} ${protocol}`);

    router.protocol('IRC/7', named('seven'));
    router.protocol('irc', named('any'));
    router.protocol('Chat/x1', named('chat'));
    for (const [upgrade, expected] of [
      ['IRC/6.9', 'any IRC/6.9'],
      ['Irc', 'any Irc'],
      ['irc/7', 'seven irc/7'],
      ['CHAT/X1', 'chat CHAT/X1']
    ]) {
      const received = await exchange(port, asking(upgrade));

      assert.match(received, new RegExp(`\r\nUpgrade: ${upgrade}\r\n\r\n${expected}$`));
    }
    assert.match(await exchange(port, asking('chat', { more: 'Connection: close\r\n' })), / 200 OK\r\n/);
    assert.match(await exchange(port, asking('chat/2', { more: 'Connection: close\r\n' })), / 200 OK\r\n/);
  });

  test('routes by path, too', async (t) => {
    const { port, router } = await routed(t);

    router.protocol('x', { path: '/files/*rest' }, (socket, req, { params }) => socket.end(params.rest.join('|')));
    assert.match(await exchange(port, asking('x', { path: '/files/a/b?c' })), /\r\n\r\na\|b$/);
    assert.match(await exchange(port, asking('x', { path: '/a', more: 'Connection: close\r\n' })), / 200 OK\r\n/);
    assert.match(
      await exchange(port, asking('x', { path: '/files/%zz', more: 'Connection: close\r\n' })),
      / 200 OK\r\n/
    );
  });

  test('refuses with what authenticate throws, and closes', async (t) => {
    const { port, router } = await routed(t);

    router.protocol(
      'x',
      {
        authenticate() {
          throw new HttpError(403);
        }
      },
      () => assert.fail('came in')
    );

    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
    const received = await exchange(port, asking('x') + smuggled);

    assert.match(received, /^HTTP\/1.1 403 Forbidden\r\nConnection: close\r\n[^]*\r\n\r\nForbidden$/);
  });

  test('takes no request with a body: its bytes would be taken for the protocol', async (t) => {
    const { port, router } = await routed(t);

    router.protocol('x', () => assert.fail('came in'));
    for (const more of ['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n']) {
      assert.match(await exchange(port, asking('x', { more })), /^HTTP\/1.1 400 /);
      assert.match(
        await exchange(port, `${asking('x', { more: `${more}Expect: 100-continue\r\n` })}`),
        /^HTTP\/1.1 400 /
      );
    }
    router.protocol('y', (socket) => socket.end('y'));
    assert.match(await exchange(port, asking('y', { more: 'Content-Length: 0\r\n' })), /\r\n\r\ny$/);
  });

  test('waits for the response before it', async (t) => {
    const server = http.createServer((req, res) => setTimeout(() => res.end('first'), 30));
    const { port, router } = await routed(t, {}, server);

    router.protocol('x', (socket) => socket.end('last'));
    assert.match(
      await exchange(port, `GET / HTTP/1.1\r\nHost: h\r\n\r\n${asking('x')}`),
      /^HTTP\/1.1 200 [^]*\r\n\r\nfirstHTTP\/1.1 101 [^]*\r\n\r\nlast$/
    );
  });

  test('ends its connections with the router', async (t) => {
    const { port, router } = await routed(t, { upgradeTimeout: 50 });

    router.protocol('x', (socket) => socket.write('hello'));

    const [polite, deaf] = [await RawClient.connect(port), await RawClient.connect(port)];

    deaf.endsToo = false;
    for (const client of [polite, deaf]) {
      client.write(asking('x'));
      await client.head();
    }
    await router.close();
    assert.equal(String(await polite.rest()), 'hello');
  });

  test('has a name that is one', async (t) => {
    const { router } = await routed(t);

    for (const name of ['', 'a b', 'a/', '/1', 'a/b/c', 'a,b', 'ä', undefined, 5]) {
      assert.throws(
        () => router.protocol(name, () => {}),
        { name: 'TypeError', message: /^Not the name / },
        String(name)
      );
    }
    assert.throws(() => router.protocol('a'), TypeError);
    assert.throws(() => router.protocol('a', { headers: { 'a b': 'c' } }, () => {}), TypeError);
  });
});

describe('accept()', () => {
  /** Starts a server with an upgrade listener. */
  async function listen(t, listener) {
    return listening(t, http.createServer(tell).on('upgrade', listener));
  }

  test('gives the socket behind a 101', async (t) => {
    const port = await listen(t, async (req, socket, head) => {
      const same = await accept(req, socket, head, { headers: { 'X-A': ['1', '2'], Upgrade: 'z' }, protocol: 'x' });

      assert.equal(same, socket);
      echo(same);
    });
    const client = await RawClient.connect(port);

    client.write(`${asking('y, X/2')}early`);
    client.socket.end();
    assert.equal(
      await client.head(),
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: X/2\r\nX-A: 1\r\nX-A: 2\r\n\r\n'
    );
    assert.equal(String(await client.rest()), 'early');
  });

  test('leaves a request alone that asks for something else', async (t) => {
    const port = await listen(t, async (req, socket, head) => {
      await assert.rejects(accept(req, socket, head, { protocol: 'x' }), {
        name: 'HandshakeError',
        code: 'ERR_UPSHIFT_NOT_ASKED',
        status: 426,
        headers: { Upgrade: 'x' }
      });
      socket.end('alone');
    });

    assert.equal(await exchange(port, asking('y')), 'alone');
  });

  test('does not take a socket twice, and refuses bodies', async (t) => {
    const seen = [];
    const port = await listen(t, async (req, socket, head) => {
      try {
        await accept(req, socket, head, { protocol: 'x' });
        await accept(req, socket, head, { protocol: 'x' });
      } catch (err) {
        seen.push(err.code);
        socket.end();
      }
    });

    assert.match(await exchange(port, asking('x')), /^HTTP\/1.1 101 /);
    assert.match(await exchange(port, asking('x', { more: 'Content-Length: 1\r\n' })), /^HTTP\/1.1 400 /);
    assert.deepEqual(seen, ['ERR_UPSHIFT_TAKEN', 'ERR_UPSHIFT_REQUEST_BODY']);
  });

  test('has to be told which protocol', async (t) => {
    const port = await listen(t, async (req, socket, head) => {
      await assert.rejects(accept(req, socket, head), TypeError);
      await assert.rejects(accept(req, socket, head, { protocol: 'x', headers: { A: 'b\nc' } }), TypeError);
      await assert.rejects(
        accept(req, socket, head, { protocol: 'x', headers: { A: 'b'.repeat(300_000) } }),
        RangeError
      );
      socket.end('told');
    });

    assert.equal(await exchange(port, asking('x')), 'told');
  });
});
