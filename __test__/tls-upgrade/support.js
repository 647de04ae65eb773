'use strict';

// A server that goes on with TLS, and clients that ask it to: what the tests of this folder have in common.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');

const { TlsUpgrades } = require('../../lib/upgrades/tls');
const { answerAsHttp } = require('../../lib/upgrades/plain-http');
const { RawClient } = require('../support/raw-client');

/** Reads a file of the fixtures. */
const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));

const CERTIFICATE = { cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') };

/** What a client says. */
const ASKING = 'Host: h\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3, TLS/1.2\r\n';

/** Tells what a request was. */
async function tell(req, res) {
  const chunks = [];

  for await (const chunk of req) chunks.push(chunk);

  const { authorizationError, authorized, encrypted = false } = req.socket;
  const { headers, method, rawTrailers, url } = req;
  const body = Buffer.concat(chunks);

  res.setHeader('Content-Type', 'application/json');
  res.end(
    JSON.stringify({
      authorizationError: authorizationError?.code ?? authorizationError,
      authorized,
      encrypted,
      headers,
      length: body.length,
      method,
      peer: encrypted ? req.socket.getPeerCertificate()?.subject?.CN : undefined,
      protocol: encrypted ? req.socket.getProtocol() : undefined,
      text: body.subarray(0, 100).toString('latin1'),
      trailers: rawTrailers,
      url
    })
  );
}

/**
 * Starts a server that upgrades by hand.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the upgrades
 * @return {Promise<Object>} `{ port, server, outcomes }`; what became of the upgrades
 */
async function listen(t, options) {
  const server = http.createServer(tell);
  const upgrades = new TlsUpgrades({ ...CERTIFICATE, ...options });
  const outcomes = [];

  server.on('upgrade', (req, socket, head) => {
    const version = upgrades.versionFor(req);

    if (version === undefined) answerAsHttp(server, req, socket, head);
    else outcomes.push(upgrades.upgrade(req, socket, head, { server, version }).catch((err) => err));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { outcomes, port: server.address().port, server };
}

/**
 * Asks for TLS.
 *
 * @param {TestContext} t The test
 * @param {Number} port The port
 * @param {String} [request] The request
 * @return {Promise<Object>} `{ client, head }`: the client, and the answer
 */
async function ask(t, port, request = `GET /first HTTP/1.1\r\n${ASKING}\r\n`) {
  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  client.write(request);
  return { client, head: await client.head() };
}

/**
 * Makes the handshake on a connection that may.
 *
 * @param {RawClient} client The client
 * @param {Object} [options] Options of `tls.connect()`
 * @return {Promise<RawClient>} The same, encrypted
 */
async function secure(client, options) {
  client.socket.removeAllListeners('data');
  client.socket.removeAllListeners('end');
  const secured = tls.connect({ socket: client.socket, rejectUnauthorized: false, ...options });

  await once(secured, 'secureConnect');
  return new RawClient(secured);
}

/**
 * Reads a response with its length.
 *
 * @param {RawClient} client The client
 * @return {Promise<Object>} `{ status, head, body }`, the body parsed where it is JSON
 */
async function answer(client) {
  const head = await client.head();
  const [, length] = /^content-length: (\d+)\r$/im.exec(head) ?? [];
  const [, chunked] = /^(transfer-encoding: chunked)\r$/im.exec(head) ?? [];
  const body = await client.take(() => {
    if (chunked) {
      const end = client.received.indexOf('0\r\n\r\n');

      return end < 0
        ? null
        : client
            .cut(end + 5)
            .toString()
            .split('\r\n')[1];
    }

    return client.received.length >= Number(length) ? client.cut(Number(length)).toString() : null;
  });

  return { body: body.startsWith('{') ? JSON.parse(body) : body, head, status: Number(head.slice(9, 12)) };
}

module.exports = { ASKING, CERTIFICATE, answer, ask, fixture, listen, secure, tell };
