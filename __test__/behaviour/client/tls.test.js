'use strict';

// How does a client come to a server over TLS? What the options of `tls.connect()` say is done: who it is, whom it trusts,
// which name it asks for, which version it speaks.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WebSocket, WebSocketServer } = require('../../support/implementation');
const { identity } = require('../../support/over');

const { cert, key } = identity();

/**
 * Starts a server that asks clients who they are and echoes.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the HTTPS server
 * @return {Promise<Object>} `{ port, server, wss }`
 */
async function secureServer(t, options) {
  const asking = { ca: cert, rejectUnauthorized: false, requestCert: true };
  const server = https.createServer({ cert, key, ...asking, ...options });
  const wss = new WebSocketServer({ server });

  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  t.after(() => {
    for (const ws of wss.clients) ws.terminate();
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, server, wss };
}

/**
 * Connects, sends a message and takes it back.
 *
 * @param {WebSocketServer} wss The server
 * @param {String} address Where to
 * @param {Object} options Options of the client
 * @return {Promise<Object>} `{ seen, socket }`: the server's socket, the client
 */
async function echoed(wss, address, options) {
  const socket = new WebSocket(address, options);
  const [[, { socket: seen }]] = await Promise.all([once(wss, 'connection'), once(socket, 'open')]);

  socket.send('there and back');
  assert.equal((await once(socket, 'message'))[0].toString(), 'there and back');
  return { seen, socket };
}

describe('a client over TLS', () => {
  test('says who it is with key and certificate, or with both in one file', async (t) => {
    const { port, wss } = await secureServer(t);
    const pfx = fs.readFileSync(path.join(__dirname, '../../fixtures/localhost.p12'));

    for (const [mine, isKnown] of [
      [{}, false],
      [{ cert, key }, true],
      [{ passphrase: 'secret', pfx }, true]
    ]) {
      const { seen } = await echoed(wss, `wss://localhost:${port}`, { ca: cert, ...mine });

      assert.equal(seen.authorized, isKnown);
      if (isKnown) assert.equal(seen.getPeerCertificate().subject.CN, 'localhost');
    }
  });

  test('asks for a name: its own, that of the options, or none', async (t) => {
    const { port, wss } = await secureServer(t);

    for (const [host, named, expected] of [
      ['localhost', {}, 'localhost'],
      ['127.0.0.1', {}, false],
      ['127.0.0.1', { servername: 'other.example' }, 'other.example'],
      ['localhost', { servername: '' }, false]
    ]) {
      const { seen } = await echoed(wss, `wss://${host}:${port}`, { rejectUnauthorized: false, ...named });

      assert.equal(seen.servername, expected);
    }
  });

  test('compares that name with the certificate, or lets the application do it', async (t) => {
    const { port, wss } = await secureServer(t);
    const fails = async (address, options) => {
      const [error] = await once(new WebSocket(address, options), 'error');

      return error.code ?? error.message;
    };
    const asked = [];
    const checkServerIdentity = (host, { subject }) => {
      asked.push([host, subject.CN]);
      return asked.length === 1 ? new Error('not him') : undefined;
    };

    assert.equal(
      await fails(`wss://localhost:${port}`, { ca: cert, servername: 'other.example' }),
      'ERR_TLS_CERT_ALTNAME_INVALID'
    );
    assert.equal(await fails(`wss://localhost:${port}`, { ca: cert, checkServerIdentity }), 'not him');
    await echoed(wss, `wss://localhost:${port}`, { ca: cert, checkServerIdentity });
    assert.deepEqual(asked, [
      ['localhost', 'localhost'],
      ['localhost', 'localhost']
    ]);
  });

  test('speaks the version and the protocol it is told to', async (t) => {
    const { port, wss } = await secureServer(t, { ALPNProtocols: ['http/1.1'] });

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const { seen, socket } = await echoed(wss, `wss://localhost:${port}`, {
        ALPNProtocols: ['x', 'http/1.1'],
        ca: cert,
        maxVersion: version,
        minVersion: version
      });

      assert.equal(seen.getProtocol(), version);
      assert.equal(seen.alpnProtocol, 'http/1.1');
      assert.equal(socket._socket.getProtocol(), version);
    }

    const { seen } = await echoed(wss, `wss://localhost:${port}`, { ca: cert });

    assert.equal(seen.alpnProtocol, false);
  });

  test('resumes a session that it is given, or that its agent has kept', async (t) => {
    const { port, wss } = await secureServer(t);
    // Here a session is there when the handshake is.
    const older = { ca: cert, maxVersion: 'TLSv1.2' };
    const agent = new https.Agent({ ...older, keepAlive: true });
    const address = `wss://localhost:${port}`;

    t.after(() => agent.destroy());

    const first = await echoed(wss, address, older);

    assert.equal(first.seen.isSessionReused(), false);

    const session = first.socket._socket.getSession();

    assert.equal((await echoed(wss, address, { ...older, session })).seen.isSessionReused(), true);
    assert.equal((await echoed(wss, address, { agent })).seen.isSessionReused(), false);
    assert.equal((await echoed(wss, address, { agent })).seen.isSessionReused(), true);
  });

  test('may have its connection made by the application', async (t) => {
    const { port, wss } = await secureServer(t);
    let given;
    const createConnection = (options) => {
      given = options;
      return tls.connect({ ca: cert, host: '127.0.0.1', port, servername: 'localhost' });
    };
    const { seen, socket } = await echoed(wss, 'wss://named.invalid:1', { createConnection });

    assert.equal(seen.servername, 'localhost');
    assert.deepEqual([given.host, String(given.port)], ['named.invalid', '1']);
    assert.ok(socket._socket instanceof tls.TLSSocket);
  });

  test('does not wait for ever for the handshake of TLS', async (t) => {
    const silent = net.createServer((socket) => t.after(() => socket.destroy()));

    t.after(() => silent.close());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');

    const socket = new WebSocket(`wss://127.0.0.1:${silent.address().port}`, { handshakeTimeout: 50 });
    const closed = new Promise((resolve) => socket.on('close', resolve));

    assert.equal((await once(socket, 'error'))[0].message, 'Opening handshake has timed out');
    assert.equal(await closed, 1006);
  });
});
