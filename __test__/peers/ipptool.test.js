'use strict';

// Does a printer's client get TLS on the port of HTTP? `ipptool -E` asks for it as CUPS does, and prints what it is answered
// inside.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { buffer } = require('node:stream/consumers');
const { once } = require('node:events');
const { test } = require('node:test');

const { answerTo, ask } = require('./support/ipp');
const { createUpgradeRouter } = require('../..');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));

/** A printer with TLS, and what it was asked. */
async function printer(t, options) {
  const requests = [];
  const server = http.createServer(async (req, res) => {
    const question = await buffer(req);
    const answer = req.method === 'POST' ? answerTo(question) : '';

    requests.push(`${req.method} ${req.url} ${req.socket.encrypted ? req.socket.getProtocol() : 'in the clear'}`);
    res.writeHead(200, { 'Content-Type': 'application/ipp', 'Content-Length': answer.length });
    res.end(answer);
  });

  createUpgradeRouter(server).tls({
    cert: fixture('localhost-cert.pem'),
    key: fixture('localhost-key.pem'),
    ...options
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, requests };
}

test('ipptool -E: what it asks is asked inside TLS', async (t) => {
  for (const options of [{}, { mandatory: true }, { maxVersion: 'TLSv1.2' }]) {
    const { port, requests } = await printer(t, options);
    const { stdout } = await ask(t, port, '-E');

    assert.match(stdout, /\[PASS\]/);
    assert.match(stdout, /printer-name \(nameWithoutLanguage\) = upshift/);
    assert.deepEqual([...new Set(requests)], ['OPTIONS * TLSv1.2', 'POST /ipp/print TLSv1.2']);
  }
});

test('ipptool -E, -L and -C: with the length of the body and in chunks', async (t) => {
  for (const flag of ['-L', '-C']) {
    const { port } = await printer(t);

    assert.match((await ask(t, port, '-E', flag)).stdout, /\[PASS\]/);
  }
});

test('ipptool without -E stays in the clear, unless TLS is mandatory', async (t) => {
  const open = await printer(t);

  assert.match((await ask(t, open.port)).stdout, /\[PASS\]/);
  assert.deepEqual(open.requests, ['POST /ipp/print in the clear']);

  const closed = await printer(t, { mandatory: true });

  // The 426 tells it to ask.
  assert.match((await ask(t, closed.port)).stdout, /\[PASS\]/);
  assert.equal(closed.requests.at(-1), 'POST /ipp/print TLSv1.2');
});
