'use strict';

// Can a connection go on after a refusal? With `keepAlive`, as HTTP/1.1 and nothing else.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { describe, test } = require('node:test');

const { reject } = require('../..');
const { RawClient } = require('../support/raw-client');
const { exchange, keys, listening, tell } = require('./support');

const LAST = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** A request for an upgrade. */
function asking(fields = '', method = 'GET') {
  return `${method} / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n${fields}\r\n`;
}

/** The servers, and whether their clients need TLS. */
const SERVERS = {
  http: [() => http.createServer(tell), false],
  https: [() => https.createServer(keys, tell), true],
  'http2 with allowHTTP1': [() => http2.createSecureServer({ ...keys, allowHTTP1: true }, tell), true]
};

for (const [kind, [create, tls]] of Object.entries(SERVERS)) {
  describe(kind, () => {
    /** Starts a server that refuses upgrades. */
    async function refusing(t, answer, wait = 0) {
      const server = create().on('upgrade', (req, socket, head) => {
        if (wait === 0) reject(req, socket, 403, { head, ...answer });
        else setTimeout(reject, wait, req, socket, 403, { head, ...answer });
      });

      return { port: await listening(t, server), tls, host: '127.0.0.1' };
    }

    test('what follows is read as HTTP/1.1', async (t) => {
      for (const wait of [0, 20]) {
        const port = await refusing(t, { body: 'no', headers: { 'X-A': 'b' }, keepAlive: true }, wait);
        const received = await exchange(port, asking() + asking() + LAST);

        assert.match(
          received,
          /^(?:HTTP\/1.1 403 Forbidden\r\nConnection: keep-alive\r\nContent-Type: text\/plain\r\nContent-Length: 2\r\nX-A: b\r\n\r\nno){2}HTTP\/1.1 200 [^]*"url":"\/last"/
        );
      }
    });

    test('also when it comes later', async (t) => {
      const port = await refusing(t, { keepAlive: true });
      const client = await RawClient.connect(port);

      client.write(asking());
      assert.match(await client.head(), /^HTTP\/1.1 403 [^]*\r\nContent-Length: 9\r\n\r\n$/);
      client.write(LAST);
      assert.match(String(await client.rest()), /^ForbiddenHTTP\/1.1 200 /);
    });

    test('a HEAD request gets no body, or the next response would be behind it', async (t) => {
      const port = await refusing(t, { keepAlive: true });

      assert.match(await exchange(port, asking('', 'HEAD') + LAST), /\r\nContent-Length: 9\r\n\r\nHTTP\/1.1 200 /);
    });

    test('a client that wants to close, or sends a body, is not kept', async (t) => {
      const port = await refusing(t, { keepAlive: true });

      for (const fields of [
        'Connection: close\r\n',
        'Connection: x, Close\r\n',
        'Content-Length: 3\r\n',
        'Transfer-Encoding: chunked\r\n'
      ]) {
        const received = await exchange(port, asking(fields) + LAST);

        assert.match(received, /^HTTP\/1.1 403 Forbidden\r\nConnection: close\r\n[^]*\r\n\r\nForbidden$/, fields);
      }
      assert.match(
        await exchange(port, asking().replace('1.1', '1.0') + LAST),
        /^HTTP\/1.1 403 Forbidden\r\nConnection: close\r\n[^]*\r\n\r\nForbidden$/
      );
    });

    test('without it the connection ends', async (t) => {
      const port = await refusing(t, {});

      assert.match(await exchange(port, asking() + LAST), /^HTTP\/1.1 403 Forbidden\r\n[^]*\r\n\r\nForbidden$/);
    });
  });
}

test('without what came behind the request, which may be the next one, that is refused', async (t) => {
  const server = http.createServer(tell).on('upgrade', async (req, socket, head) => {
    for (const without of [{}, { head: undefined }, { head: null }]) {
      await assert.rejects(reject(req, socket, 403, { keepAlive: true, ...without }), {
        name: 'TypeError',
        message: /pass the "head" of the upgrade event/
      });
    }
    reject(req, socket, 403, { head, keepAlive: true });
  });

  assert.match(
    await exchange(await listening(t, server), asking() + LAST),
    /^HTTP\/1.1 403 [^]*ForbiddenHTTP\/1.1 200 /
  );
});
