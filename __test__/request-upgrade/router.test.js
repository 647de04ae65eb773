'use strict';

// Do our client and our router understand each other, over TCP and TLS?

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { once } = require('node:events');
const { test } = require('node:test');
const { text } = require('node:stream/consumers');

const { HttpError, accept, createUpgradeRouter, requestUpgrade } = require('../..');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));
const CERTIFICATE = { cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') };

/** Starts a server. */
async function listen(t, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
}

/** A server that is asked for a while before it lets anybody in. */
function guarded(server) {
  const router = createUpgradeRouter(server);

  router.protocol(
    'echo',
    {
      path: '/echo/:word',
      headers: { 'X-Served-By': 'upshift' },
      async authenticate(req) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (req.headers.authorization === undefined) {
          throw new HttpError(401, 'Who are you?', { headers: { 'WWW-Authenticate': 'Basic' } });
        }
        return req.headers.authorization;
      }
    },
    (socket, req, { auth, params, protocol }) => {
      socket.write(`${params.word} ${protocol} ${auth} `);
      socket.pipe(socket);
    }
  );
  return server;
}

test('a protocol of a router, and its refusals', async (t) => {
  const answer = (req, res) => res.end(`plain ${req.url} ${req.headers.upgrade}`);
  const urls = [
    await listen(t, guarded(http.createServer(answer))),
    await listen(t, guarded(https.createServer(CERTIFICATE, answer)))
  ];

  for (const url of urls) {
    const options = { protocol: ['other', 'Echo/2', 'echo/1'], rejectUnauthorized: false };
    const { protocol, response, stream } = await requestUpgrade(`${url}/echo/hi`, {
      ...options,
      headers: new Headers({ authorization: 'me' })
    });

    assert.equal(protocol, 'Echo/2');
    assert.equal(response.headers['x-served-by'], 'upshift');
    stream.end('there');
    assert.equal(await text(stream), 'hi Echo/2 me there');

    const refused = await requestUpgrade(`${url}/echo/hi`, options).catch((err) => err);

    assert.equal(refused.code, 'ERR_UPSHIFT_NOT_UPGRADED');
    assert.equal(refused.response.statusCode, 401);
    assert.equal(refused.response.headers['www-authenticate'], 'Basic');
    assert.equal(await text(refused.response), 'Who are you?');

    const ordinary = await requestUpgrade(`${url}/other`, options).catch((err) => err);

    assert.equal(ordinary.response.statusCode, 200);
    assert.equal(await text(ordinary.response), 'plain /other undefined');
  }
});

test('a body that nobody upgrades reaches the ordinary listener', async (t) => {
  const server = http.createServer(async (req, res) => res.end(`${req.method} ${await text(req)}`));

  guarded(server);
  const url = await listen(t, server);
  const bodies = [
    'hello',
    (function* () {
      yield 'hel';
      yield 'lo';
    })()
  ];

  for (const body of bodies) {
    const { response } = await requestUpgrade(`${url}/`, { protocol: 'other', body }).catch((err) => err);

    assert.equal(await text(response), 'POST hello');
  }
});

test('accept() in a listener of the application', async (t) => {
  const server = http.createServer();

  server.on('upgrade', async (req, socket, head) => {
    const stream = await accept(req, socket, head, { protocol: 'echo/1' });

    stream.pipe(stream);
  });
  const { protocol, stream } = await requestUpgrade(await listen(t, server), { protocol: 'ECHO/1' });

  assert.equal(protocol.toLowerCase(), 'echo/1');
  stream.end('hello');
  assert.equal(await text(stream), 'hello');
});

test('many at once', async (t) => {
  const url = await listen(t, guarded(http.createServer()));
  const words = Array.from({ length: 100 }, (_, i) => `w${i}`);
  const heard = await Promise.all(
    words.map(async (word) => {
      const { stream } = await requestUpgrade(`${url}/echo/${word}`, {
        protocol: 'echo/1',
        headers: { authorization: 'me' }
      });

      stream.end();
      return text(stream);
    })
  );

  assert.deepEqual(
    heard,
    words.map((word) => `${word} echo/1 me `)
  );
});
