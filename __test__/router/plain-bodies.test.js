'use strict';

// What becomes of the body of an upgrade that nobody takes, when it comes behind the head, as it mostly does? The handler
// gets it as it came, and the connection goes on, on Nodes too that read such bodies themselves.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { answerAsHttp } = require('../../lib/upgrades/plain-http');
const { readsBodies } = require('../../lib/upgrades/body-reading');
const { RawClient } = require('../support/raw-client');
const { keys, listening, routed } = require('./support');

/** Answers with what there is to be seen of a request. */
async function tell(req, res) {
  const chunks = [];

  for await (const chunk of req) chunks.push(chunk);

  const { headers, rawTrailers, socket, url } = req;
  const body = Buffer.concat(chunks);

  res.end(
    JSON.stringify({
      url,
      body: body.length > 100 ? body.length : body.toString('latin1'),
      coding: headers['transfer-encoding'],
      length: headers['content-length'],
      trailers: rawTrailers,
      address: socket.remoteAddress,
      isSocket: typeof socket.setKeepAlive === 'function'
    })
  );
}

/** The servers, and whether their clients need TLS. */
const SERVERS = {
  http: { create: (listener) => http.createServer(listener), tls: false },
  https: { create: (listener) => https.createServer(keys, listener), tls: true },
  'http2 with allowHTTP1': {
    create: (listener) => http2.createSecureServer({ ...keys, allowHTTP1: true }, listener),
    tls: true
  }
};

/** Starts a server with a router that has no route for what is asked here, and connects to it. */
async function start(t, { kind = 'http', limits, listener = tell } = {}) {
  const { create, tls } = SERVERS[kind];
  const { port, router, server } = await routed(t, limits, create(listener));
  const client = await RawClient.connect({ port, tls, host: '127.0.0.1' });

  router.websocket('/ws', (ws) => ws.on('message', (data) => ws.send(data)));
  t.after(() => client.socket.destroy());
  return { client, port, server };
}

/** The head of an upgrade with a body. */
function asking(path, fields) {
  return `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n${fields}\r\n`;
}

const SIZED = 'Content-Length: 5\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Waits for an answer that is one of `tell()`. */
async function told(client) {
  const head = await client.head();
  const [, length] = /\r\nContent-Length: (\d+)\r\n/.exec(head);
  const body = await client.take(() => (client.received.length < length ? null : client.cut(Number(length))));

  assert.match(head, /^HTTP\/1.1 200 OK\r\n/);
  return { ...JSON.parse(body), isLast: /\r\nConnection: close\r\n/.test(head) };
}

/** Long enough that the head has arrived alone; if it has not, the test shows less and passes all the same. */
const pause = () => sleep(30);

for (const kind of Object.keys(SERVERS)) {
  describe(kind, () => {
    test('the connection goes on behind a body that comes later, again and again', async (t) => {
      const { client } = await start(t, { kind });

      for (let i = 0; i < 12; i++) {
        const isSized = i % 2 === 0;

        client.write(asking(`/${i}`, isSized ? SIZED : CHUNKED));
        await pause();
        client.write(isSized ? 'hello' : '5\r\nhello\r\n0\r\n\r\n');

        const { address, body, isLast, isSocket, url } = await told(client);

        assert.deepEqual([url, body, isLast], [`/${i}`, 'hello', false]);
        assert.deepEqual([address, isSocket], ['127.0.0.1', true], 'on the same socket');
      }
      client.write('GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      assert.equal((await told(client)).url, '/last');
    });

    test('what is pipelined behind is answered in order', async (t) => {
      const { client } = await start(t, { kind });
      const large = 'x'.repeat(200_000);

      client.write(`GET /before HTTP/1.1\r\nHost: h\r\n\r\n${asking('/first', SIZED)}`);
      await pause();
      client.write(`helloGET /second HTTP/1.1\r\nHost: h\r\n\r\n${asking('/third', CHUNKED)}`);
      await pause();
      client.write(`5\r\nhello\r\n0\r\n\r\n${asking('/fourth', `Content-Length: ${large.length}\r\n`)}`);
      await pause();
      client.write(large.slice(1));
      await pause();
      client.write(`x${asking('/fifth', SIZED)}helloGET /last HTTP/1.1\r\nHost: h\r\n\r\n`);

      const urls = [];

      for (let i = 0; i < 7; i++) {
        const { body, url } = await told(client);

        urls.push(`${url} ${body}`);
      }
      assert.deepEqual(urls, [
        '/before ',
        '/first hello',
        '/second ',
        '/third hello',
        '/fourth 200000',
        '/fifth hello',
        '/last '
      ]);
    });

    test('an upgrade behind it is one', async (t) => {
      const { client } = await start(t, { kind });

      client.write(asking('/first', SIZED));
      await pause();
      client.write(`hello${RawClient.request({ path: '/ws' })}`);
      assert.equal((await told(client)).url, '/first');
      assert.match(await client.head(), /^HTTP\/1.1 101 /);
      client.send(1, 'hello');
      assert.equal(String((await client.frame()).payload), 'hello');
    });
  });
}

/** Bodies as they are announced and come, and what a handler sees. */
const BODIES = {
  'a length': [SIZED, ['he', 'llo'], { body: 'hello', length: '5', trailers: [] }],
  'no length at all': ['', [''], { body: '', trailers: [] }],
  'a length of nothing': ['Content-Length: 0\r\n', [''], { body: '', length: '0', trailers: [] }],
  chunks: [CHUNKED, ['5\r\nhe', 'llo\r\n0\r\n\r\n'], { body: 'hello', coding: 'chunked', trailers: [] }],
  'chunks of nothing': [CHUNKED, ['0\r', '\n\r\n'], { body: '', coding: 'chunked', trailers: [] }],
  'chunks with extensions and trailers': [
    `Trailer: X-T\r\n${CHUNKED}`,
    ['3;a=b\r\nhel\r\n2\r', '\nlo\r\n0\r\nX-T: \u00e9\r\nx-t: 2\r\n\r\n'],
    { body: 'hello', coding: 'chunked', trailers: ['X-T', '\u00e9', 'x-t', '2'] }
  ],
  'chunks of something compressed': [
    'Transfer-Encoding: gzip, chunked\r\n',
    ['5\r\n\x1f\x8b\xffab\r\n', '0\r\n\r\n'],
    { body: '\x1f\x8b\xffab', coding: 'gzip, chunked', trailers: [] }
  ]
};

describe('a handler sees a body as it was announced, with', () => {
  for (const [name, [fields, parts, expected]] of Object.entries(BODIES)) {
    for (const way of ['at once', 'behind the head', 'in pieces']) {
      test(`${name}, ${way}`, async (t) => {
        const { client } = await start(t);
        const behind = way === 'in pieces' ? parts : [parts.join('')];

        if (way === 'at once') {
          client.socket.write(asking('/', fields) + behind, 'latin1');
        } else {
          client.write(asking('/', fields));
          for (const part of behind) {
            await pause();
            client.socket.write(part, 'latin1');
          }
        }

        const { body, coding, isLast, length, trailers } = await told(client);

        assert.deepEqual(
          { body, coding, length, trailers, isLast },
          { coding: undefined, length: undefined, ...expected, isLast: false }
        );
      });
    }
  }
});

test('nothing is left behind on the socket', async (t) => {
  const server = http.createServer(tell);
  const { port } = await routed(t, {}, server);
  const connected = once(server, 'connection');
  const client = await RawClient.connect(port);
  const [socket] = await connected;
  const counts = () => socket.eventNames().map((name) => `${String(name)} ${socket.listenerCount(name)}`);
  const ask = async () => {
    client.write(asking('/', SIZED));
    await pause();
    client.write('hello');
    await told(client);
    // The server waits for the next request a moment after the answer is out.
    await pause();
  };

  t.after(() => client.socket.destroy());
  await ask();

  const before = counts();

  for (let i = 0; i < 3; i++) await ask();

  assert.deepEqual(counts(), before);
});

test('where the socket cannot be had back, the stream around it goes on', async (t) => {
  const server = http.createServer(tell).on('upgrade', (req, socket, head) => {
    const [listener] = req.socket.listeners('end').slice(-1);

    // It is not known any more.
    req.socket.removeListener('end', listener);
    req.socket.on('end', () => listener.call(req.socket));
    answerAsHttp(server, req, socket, head);
  });
  const client = await RawClient.connect(await listening(t, server));

  for (let i = 0; i < 2; i++) {
    client.write(asking(`/${i}`, SIZED));
    await pause();
    client.write('helloGET /behind HTTP/1.1\r\nHost: h\r\n\r\n');

    const { body, isLast, url } = await told(client);

    assert.deepEqual([url, body, isLast], [`/${i}`, 'hello', false]);
    assert.equal((await told(client)).url, '/behind');
  }
  client.socket.end();
  assert.equal((await client.rest()).length, 0);
});

test('a client that expects to be told to continue is, and the connection goes on', async (t) => {
  const { client } = await start(t);

  for (let i = 0; i < 3; i++) {
    client.write(asking(`/${i}`, `Expect: 100-continue\r\n${SIZED}`));
    assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.write('hello');

    const { body, isLast, url } = await told(client);

    assert.deepEqual([url, body, isLast], [`/${i}`, 'hello', false]);
  }
});

/** Bodies that are not waited for: what is said of them, what has come, and what comes later. */
const UNBOUNDED = {
  'longer than is waited for': ['Content-Length: 2000\r\n', 'x'.repeat(1000), 'x'.repeat(1000)],
  'longer than is waited for, in chunks': [CHUNKED, `5dc\r\n${'x'.repeat(1200)}`, `${'x'.repeat(300)}\r\n0\r\n\r\n`],
  'slower than is waited for': ['Content-Length: 500\r\n', 'x'.repeat(200), 'x'.repeat(300)],
  'slower than is waited for, in chunks': [CHUNKED, `1f4\r\n${'x'.repeat(400)}`, `${'x'.repeat(100)}\r\n0\r\n\r\n`]
};

describe('a body is not held back when it is', () => {
  for (const [name, [fields, first, last]] of Object.entries(UNBOUNDED)) {
    test(name, async (t) => {
      let begun;
      const isBegun = new Promise((resolve) => (begun = resolve));
      const { client } = await start(t, {
        limits: { maxUpgradeBody: 1000, upgradeTimeout: 50 },
        listener(req, res) {
          req.once('data', begun);
          return tell(req, res);
        }
      });

      client.write(asking('/', fields));
      await pause();
      client.write(first);
      await isBegun;
      client.write(last);

      const { body, isLast } = await told(client);

      assert.equal(body, (first + last).match(/x/g).length);
      assert.equal(isLast, readsBodies(), 'where Node reads it, the connection ends');
    });
  }

  test('longer, and the response is large and slow to leave', async (t) => {
    const response = Buffer.alloc(8 * 1024 * 1024, 'y');
    const { client } = await start(t, {
      limits: { maxUpgradeBody: 10 },
      listener(req, res) {
        req.resume().on('end', () => {
          res.setHeader('Connection', 'close');
          // Each piece waits until the one before is out.
          const write = (at) => {
            if (at === response.length) res.end();
            else if (res.write(response.subarray(at, at + 65536))) setImmediate(write, at + 65536);
            else res.once('drain', () => write(at + 65536));
          };

          write(0);
        });
      }
    });

    client.write(asking('/', CHUNKED));
    await pause();
    client.socket.pause();
    client.write(`14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`);
    setTimeout(() => client.socket.resume(), 100);
    assert.match(await client.head(), /^HTTP\/1.1 200 OK\r\n/);

    const received = await client.rest();
    // In chunks.
    assert.ok(received.length > response.length, `${received.length}`);
    assert.match(String(received.subarray(-20)), /y\r\n0\r\n\r\n$/);
  });
});

test('a client that leaves within its body costs its connection only', async (t) => {
  const { client, port, server } = await start(t, {
    limits: { upgradeTimeout: 0 },
    // Some Nodes hand it out before it is whole.
    listener: (req) => req.resume().on('error', () => {})
  });

  for (const leave of ['end', 'destroy', 'resetAndDestroy']) {
    const other = await RawClient.connect(port);

    other.write(`${asking('/', SIZED)}he`);
    await pause();
    other.socket[leave]();
    await other.closed;
  }
  client.socket.destroy();
  for (let left = 1; left > 0; await sleep(5)) {
    left = await new Promise((done) => server.getConnections((err, count) => done(count)));
  }
});
