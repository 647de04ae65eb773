'use strict';

// Over what does a client ask? Over a socket of its own, one of an agent's, or whatever the application makes.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../../lib/use/duplex-pair');
const { WebSocket, WebSocketServer } = require('../../support/implementation');
const { RawClient } = require('../../support/raw-client');
const { acceptOf, answer, parseHead, rawServer } = require('../../support/raw-server');
const { serve } = require('../../support/serve');

/**
 * Starts a proxy that connects to whatever it is asked for.
 *
 * @param {TestContext} t The test
 * @return {Promise<http.Server>} The proxy
 */
async function proxyServer(t) {
  const proxy = http.createServer();

  proxy.on('connect', ({ url }, socket, head) => {
    const [host, port] = url.split(':');
    const target = net.connect(port, host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });

    for (const end of [socket, target]) end.on('error', () => {});
    t.after(() => target.destroy());
  });
  t.after(() => proxy.close());
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

/** An agent that asks a proxy for each connection, as those of npm do. */
class Tunnel extends http.Agent {
  /** @param {Number} port The port of the proxy */
  constructor(port) {
    super();
    this.proxyPort = port;
  }

  /**
   * @param {Object} options Where to
   * @param {Function} callback Called with the socket
   */
  createConnection({ host, port }, callback) {
    const req = http.request({ host: '127.0.0.1', method: 'CONNECT', path: `${host}:${port}`, port: this.proxyPort });

    req.on('connect', (res, socket) => callback(null, socket));
    req.on('error', callback);
    req.end();
  }
}

describe('the connection of a client', () => {
  test('may be made by an agent', async (t) => {
    const { next, url } = await rawServer(t);
    const agent = new http.Agent({ keepAlive: true });
    const ws = new WebSocket(url, { agent });

    t.after(() => ws.terminate());
    await Promise.all([answer(await next()), once(ws, 'open')]);
    assert.deepEqual(Object.keys(agent.sockets), []);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
    ws.send('still there');
  });

  test('may be one that an agent kept', async (t) => {
    const server = http.createServer((req, res) => res.end('kept'));
    const wss = new WebSocketServer({ server });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [];

    t.after(() => {
      for (const ws of wss.clients) ws.terminate();
      agent.destroy();
      server.close();
    });
    server.on('connection', (socket) => ports.push(socket.remotePort));
    wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const { port } = server.address();

    await new Promise((resolve) =>
      http.get({ agent, host: '127.0.0.1', port }, (res) => res.resume().on('close', resolve))
    );
    await new Promise(setImmediate);

    const ws = new WebSocket(`ws://127.0.0.1:${port}`, { agent });

    await once(ws, 'open');
    ws.send('echo');
    assert.equal((await once(ws, 'message'))[0].toString(), 'echo');
    assert.equal(ports.length, 1);
    ws.close();
    await once(ws, 'close');
  });

  test('may be made by the application', async (t) => {
    const { next, port, url } = await rawServer(t);
    let given;
    const ws = new WebSocket(url, {
      createConnection(options) {
        given = options;
        return net.connect(port, '127.0.0.1');
      }
    });

    t.after(() => ws.terminate());
    await Promise.all([answer(await next()), once(ws, 'open')]);
    assert.equal(given.port, String(port));
    assert.equal(given.host, '127.0.0.1');
  });

  test('may be any Duplex', async (t) => {
    const [ours, theirs] = duplexPair();
    const peer = new RawClient(theirs);
    const ws = new WebSocket('ws://nowhere.invalid/', { createConnection: () => ours });

    t.after(() => ws.terminate());

    const { headers } = parseHead(await peer.head());

    peer.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${acceptOf(headers['sec-websocket-key'])}\r\n\r\n`
    );
    // Such a pair delivers within the write.
    const message = once(ws, 'message');
    const close = once(ws, 'close');

    peer.send(1, 'over a Duplex', { mask: false });
    assert.equal((await message)[0].toString(), 'over a Duplex');
    ws.send('back');
    assert.equal((await peer.frame()).payload.toString(), 'back');
    ws.close();
    peer.send(8, (await peer.frame()).payload, { mask: false });
    peer.socket.end();
    assert.equal((await close)[0], 1005);
  });

  test('may come from a chosen address', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = new WebSocket(url, { localAddress: '127.0.0.2' });

    t.after(() => ws.terminate());

    const peer = await next();

    await Promise.all([answer(peer), once(ws, 'open')]);
    assert.equal(peer.socket.remoteAddress, '127.0.0.2');
    assert.equal(ws._socket.localAddress, '127.0.0.2');
    assert.equal(ws._socket.remotePort, Number(url.split(':')[2]));
  });

  test('goes where the application finds the host, in the family it asks for', async (t) => {
    const { next, port } = await rawServer(t);
    const asked = [];
    const lookup = (host, options, callback) => {
      asked.push([host, options.family]);
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    const ws = new WebSocket(`ws://named.invalid:${port}`, { family: 4, lookup });

    t.after(() => ws.terminate());

    const [{ headers }] = await Promise.all([answer(await next()), once(ws, 'open')]);

    assert.deepEqual(asked, [['named.invalid', 4]]);
    assert.equal(headers.host, `named.invalid:${port}`);
    assert.equal(ws._socket.remoteAddress, '127.0.0.1');
  });

  test('fails as the lookup does', async () => {
    const unknown = Object.assign(new Error('nobody knows'), { code: 'ENOTFOUND' });
    const ws = new WebSocket('ws://named.invalid', { lookup: (host, options, callback) => callback(unknown) });
    const closed = new Promise((resolve) => ws.on('close', resolve));

    assert.equal((await once(ws, 'error'))[0], unknown);
    assert.equal(await closed, 1006);
  });

  test('may lead through a proxy', async (t) => {
    const { port, wss } = await serve(t);
    const proxy = await proxyServer(t);
    const asked = once(proxy, 'connect');
    const ws = new WebSocket(`ws://127.0.0.1:${port}/there`, { agent: new Tunnel(proxy.address().port) });

    t.after(() => ws.terminate());
    wss.on('connection', (peer, { url }) => peer.on('message', (data) => peer.send(`${data} of ${url}`)));
    await once(ws, 'open');
    assert.equal((await asked)[0].url, `127.0.0.1:${port}`);
    ws.send('echo');
    assert.equal((await once(ws, 'message'))[0].toString(), 'echo of /there');
    ws.close(1000);
    assert.equal((await once(ws, 'close'))[0], 1000);
  });
});
