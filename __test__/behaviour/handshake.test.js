'use strict';

// How does a request become a WebSocket? Subprotocols, `verifyClient` and `handleUpgrade()`, with what may happen on the
// way.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { OVER } = require('../support/over');
const { ACCEPT, RawClient } = require('../support/raw-client');
const { rawPair, serve } = require('../support/serve');
const { WebSocket } = require('../support/implementation');

describe('subprotocols', () => {
  const ask = (protocols) => ({ headers: { 'Sec-WebSocket-Protocol': protocols } });

  test('the first one is chosen', async (t) => {
    const { client, socket } = await rawPair(t, {}, ask('chat.v2, chat.v1'));

    assert.match(client.response, /\r\nSec-WebSocket-Protocol: chat\.v2\r\n/);
    assert.equal(socket.protocol, 'chat.v2');
  });

  test('of several headers are taken together', async (t) => {
    let offered;
    const handleProtocols = (protocols) => {
      offered = [...protocols];
      return 'c';
    };
    const { socket } = await rawPair(t, { handleProtocols }, ask(['a, b', 'c']));

    assert.deepEqual(offered, ['a', 'b', 'c']);
    assert.equal(socket.protocol, 'c');
  });

  test('handleProtocols chooses, or refuses all', async (t) => {
    const handleProtocols = (protocols, req) => {
      assert.ok(protocols instanceof Set);
      return req.url === '/none' ? false : 'b';
    };
    const { client, port, wss } = await rawPair(t, { handleProtocols }, ask('a, b'));

    assert.match(client.response, /\r\nSec-WebSocket-Protocol: b\r\n/);

    const connection = once(wss, 'connection');
    const other = await RawClient.open(port, { path: '/none', ...ask('a, b') });

    t.after(() => other.socket.destroy());
    assert.doesNotMatch(other.response, /Sec-WebSocket-Protocol/i);
    assert.equal((await connection)[0].protocol, '');
  });

  test('handleProtocols is not asked when none is offered', async (t) => {
    await rawPair(t, { handleProtocols: () => assert.fail('asked') });
  });
});

describe('verifyClient', () => {
  test('sees origin, secure and the request', async (t) => {
    let info;
    const verifyClient = (arg) => {
      info = arg;
      return true;
    };

    await rawPair(t, { verifyClient }, { headers: { Origin: 'http://example.com' } });
    assert.equal(info.origin, 'http://example.com');
    assert.equal(info.secure, OVER === 'tls');
    assert.equal(info.req.method, 'GET');

    await rawPair(
      t,
      { verifyClient },
      { headers: { 'Sec-WebSocket-Origin': 'http://old.example', 'Sec-WebSocket-Version': '8' } }
    );
    assert.equal(info.origin, 'http://old.example');
  });

  test('may answer later, and nothing is lost meanwhile', async (t) => {
    let answer;
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    const { port, wss } = await serve(t, { verifyClient: (info, cb) => answer(cb) });
    const client = await RawClient.connect(port);
    const messages = [];
    const done = new Promise((resolve) => {
      wss.on('connection', (socket) => {
        socket.on('message', (data) => {
          messages.push(data.toString());
          if (messages.length === 2) resolve();
        });
      });
    });

    t.after(() => client.socket.destroy());
    client.write(RawClient.request());
    client.send(1, 'at once');

    const cb = await asked;

    client.send(1, 'while you decide');
    await new Promise((resolve) => setTimeout(resolve, 20));
    cb(true);
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    await done;
    assert.deepEqual(messages, ['at once', 'while you decide']);
  });

  test('survives a client that leaves meanwhile', async (t) => {
    let answer;
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    const { port, wss } = await serve(t, { verifyClient: (info, cb) => answer({ info, cb }) });
    const client = await RawClient.connect(port);

    client.write(RawClient.request());

    const { info, cb } = await asked;

    client.leave();
    wss.on('connection', () => assert.fail('connected'));
    await new Promise((resolve) => info.req.socket.on('close', resolve));
    cb(true);
    assert.equal(wss.clients.size, 0);
  });
});

test('a client that expects a 100 gets none, but the 101 at once', async (t) => {
  const { client } = await rawPair(t, {}, { headers: { Expect: '100-continue' } });

  client.send(1, 'hello');
  assert.match(client.response, /^HTTP\/1.1 101 /);
});

describe('handleUpgrade()', () => {
  test('throws when the same socket is upgraded twice', async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const thrown = new Promise((resolve) => {
      server.on('upgrade', (req, socket, head) => {
        wss.handleUpgrade(req, socket, head, () => {});
        try {
          wss.handleUpgrade(req, socket, head, () => {});
        } catch (err) {
          resolve(err);
        }
      });
    });
    const client = await RawClient.open(port);

    t.after(() => client.socket.destroy());
    assert.equal(
      (await thrown).message,
      'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration'
    );
  });

  test('passes what the callback of handleUpgrade gets', async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    let isSynchronous = true;
    const upgraded = new Promise((resolve) => {
      server.on('upgrade', (request, socket, head) => {
        wss.handleUpgrade(request, socket, head, (accepted, req) => resolve({ accepted, isSynchronous, req, request }));
        isSynchronous = false;
      });
    });
    const client = await RawClient.open(port);

    t.after(() => client.socket.destroy());

    const { accepted, isSynchronous: wasSynchronous, req, request } = await upgraded;

    assert.ok(accepted instanceof WebSocket);
    assert.equal(req, request);
    assert.equal(wasSynchronous, true);
  });

  test('takes headers the application has edited, without rawHeaders', async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });

    server.on('upgrade', (req, socket, head) => {
      const plain = {
        method: 'GET',
        url: '/',
        socket,
        headers: {
          upgrade: 'WebSocket',
          'sec-websocket-key': req.headers['sec-websocket-key'],
          'sec-websocket-version': 13
        }
      };

      wss.handleUpgrade(plain, socket, head, (accepted) => accepted.send('hello'));
    });

    const client = await RawClient.open(port, { headers: { 'Sec-WebSocket-Version': '99' } });

    t.after(() => client.socket.destroy());
    assert.ok(client.response.includes(ACCEPT));
    assert.equal((await client.frame()).payload.toString(), 'hello');
  });

  test('does not upgrade what is gone already', async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const done = new Promise((resolve) => {
      server.on('upgrade', (req, socket, head) => {
        socket.on('error', () => {});
        socket.destroy();
        wss.handleUpgrade(req, socket, head, () => assert.fail('upgraded'));
        resolve();
      });
    });
    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    await done;
    await client.closed;
  });
});
