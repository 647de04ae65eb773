'use strict';

// Who hears of a handshake that fails behind the 101? Whoever listens to the router, as to a server of https; and when
// nobody does, the process goes on.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { routed } = require('../router/support');
const { CERTIFICATE, ask, tell } = require('./support');

/** Begins a handshake. */
const handshake = ({ client }) => {
  client.socket.removeAllListeners('data');
  tls
    .connect({ ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, servername: 'h', socket: client.socket })
    .on('error', () => {});
};

/** What fails: options of the route, what the client does, and what there is to be heard. */
const FAILURES = {
  'an SNICallback that finds nothing': [
    { SNICallback: (name, done) => done(new Error('nobody of that name')) },
    handshake,
    { message: 'nobody of that name' }
  ],
  'an SNICallback that throws': [
    {
      SNICallback() {
        throw new Error('thrown of names');
      }
    },
    handshake,
    { message: 'thrown of names' }
  ],
  'an ALPNCallback that throws': [
    {
      ALPNCallback() {
        throw new Error('thrown of protocols');
      }
    },
    handshake,
    { message: 'thrown of protocols' }
  ],
  'an SNICallback that never answers': [{ SNICallback() {} }, handshake, { code: 'ERR_UPSHIFT_UPGRADE_TIMEOUT' }],
  'a client without a certificate': [
    { requestCert: true, rejectUnauthorized: true },
    handshake,
    { code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' }
  ],
  'a client that speaks something else': [
    {},
    ({ client }) => client.write('GET / HTTP/1.1\r\n\r\n'),
    { code: 'ERR_SSL_HTTP_REQUEST' }
  ],
  'a client that says nothing': [{}, () => {}, { code: 'ERR_UPSHIFT_UPGRADE_TIMEOUT' }],
  'a client that leaves': [{}, ({ client }) => client.socket.end(), { code: 'ERR_UPSHIFT_SOCKET_CLOSED' }],
  'a client that leaves in a hurry': [{}, ({ client }) => client.socket.resetAndDestroy(), {}]
};

/** Waits until the server has no connection any more. */
async function emptied(server) {
  for (let left = 1; left > 0; await sleep(5)) {
    left = await new Promise((done) => server.getConnections((err, count) => done(count)));
  }
}

describe('a handshake fails for', () => {
  for (const [name, [options, act, expected]] of Object.entries(FAILURES)) {
    for (const mandatory of [false, true]) {
      test(`${name}${mandatory ? ', where it is mandatory' : ''}`, async (t) => {
        const { port, router, server } = await routed(t, { upgradeTimeout: 300 }, http.createServer(tell));
        const heard = [];

        router.tls({ ...CERTIFICATE, ...options, mandatory });
        router.on('tlsClientError', (err, socket) => heard.push({ err, socket }));

        act(await ask(t, port));
        await emptied(server);
        await sleep(20);
        assert.equal(heard.length, 1);

        const [{ err, socket }] = heard;

        for (const [key, value] of Object.entries(expected)) assert.equal(err[key], value);
        assert.ok(socket instanceof net.Socket && socket.destroyed);
      });
    }

    test(`${name}, and nobody listens`, async (t) => {
      const { port, router, server } = await routed(t, { upgradeTimeout: 300 }, http.createServer(tell));

      router.tls({ ...CERTIFICATE, ...options });
      act(await ask(t, port));
      await emptied(server);
    });
  }
});

test('the end of the router is no failure', async (t) => {
  const { port, router, server } = await routed(t, {}, http.createServer(tell));
  const heard = [];

  router.tls(CERTIFICATE);
  router.on('tlsClientError', (err) => heard.push(err));
  await ask(t, port);
  await router.close();
  await emptied(server);
  await sleep(20);
  assert.deepEqual(heard, []);
});
