'use strict';

// What does a client get from a router whose routes do not fit? The ordinary answer, whatever the client is, with its
// body, and what it pipelines before and behind.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { exchange, routed } = require('./support');

const LAST = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** A request with these fields. */
function request(fields, { body = '', method = 'GET', path = '/', version = '1.1' } = {}) {
  return `${method} ${path} HTTP/${version}\r\nHost: h\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
}

/** What the server says it was asked, in order. */
function told(received) {
  return [...received.matchAll(/\{"url.*?\}/g)].map(([text]) => {
    const { length, url } = JSON.parse(text);

    return `${url} ${length}`;
  });
}

/** Starts a server with two routes. */
async function start(t, options, server) {
  const started = await routed(t, options, server);

  started.router.websocket('/ws', (ws) => ws.on('message', (data) => ws.send(data)));
  started.router.protocol('echo/1', (socket) => socket.pipe(socket));
  return started;
}

describe('requests that no route takes', () => {
  /** What no route takes, and why. */
  const ORDINARY = {
    "Java's HttpClient": ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAA'],
    'curl --http2': ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
    "Apache's HttpClient": ['Connection: Upgrade', 'Upgrade: TLS/1.2'],
    'a WebSocket elsewhere': ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    'an unknown version': ['Connection: Upgrade', 'Upgrade: echo/2'],
    'a version too many': ['Connection: Upgrade', 'Upgrade: websocket/13'],
    'an empty list': ['Connection: Upgrade', 'Upgrade:'],
    'a list of nothing': ['Connection: Upgrade', 'Upgrade: , ,'],
    'characters of no token': ['Connection: Upgrade', 'Upgrade: echo/1; q=1'],
    'a bad element beside a good one': ['Connection: Upgrade', 'Upgrade: echo/1, we b'],
    'two slashes': ['Connection: Upgrade', 'Upgrade: echo/1/2'],
    'letters beyond ASCII': ['Connection: Upgrade', 'Upgrade: \u00e9cho/1'],
    '1000 protocols': ['Connection: Upgrade', `Upgrade: ${'p,'.repeat(1000)}echo/1`],
    'no Connection': ['Upgrade: echo/1'],
    'a Connection about something else': ['Connection: keep-alive', 'Upgrade: echo/1'],
    'no Upgrade': ['Connection: Upgrade']
  };

  for (const [name, fields] of Object.entries(ORDINARY)) {
    test(`${name} is ordinary HTTP, and the connection goes on`, async (t) => {
      const { port } = await start(t);
      const client = await RawClient.connect(port);

      client.socket.write(Buffer.from(request(fields, { path: '/a?b' }), 'latin1'));
      assert.match(await client.head(), /^HTTP\/1.1 200 OK\r\n/);
      client.write(request(['Connection: close'], { path: '/c' }));
      assert.deepEqual(told(String(await client.rest())), ['/a?b 0', '/c 0']);
    });
  }

  test('HTTP/1.0 knows no upgrade', async (t) => {
    const { port } = await start(t);
    const received = await exchange(port, request(['Connection: Upgrade', 'Upgrade: echo/1'], { version: '1.0' }));

    assert.match(received, /^HTTP\/1.1 200 OK\r\n/);
    assert.deepEqual(told(received), ['/ 0']);
  });

  test('two Upgrade fields are one list', async (t) => {
    const { port } = await start(t);
    const fields = ['Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: echo/1'];
    const client = await RawClient.connect(port);

    client.write(request(fields));
    assert.match(await client.head(), /^HTTP\/1.1 101 [^]*\r\nUpgrade: echo\/1\r\n/);
    client.socket.end('x');
    assert.equal(String(await client.rest()), 'x');
  });

  test('what is pipelined before and behind is answered in order', async (t) => {
    const { port } = await start(t);
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAA'];
    const received = await exchange(
      port,
      request([], { path: '/before' }) +
        request([...h2c, 'Content-Length: 4'], { path: '/body', method: 'POST', body: 'body' }) +
        request(h2c, { path: '/none' }) +
        request([...h2c, 'Transfer-Encoding: chunked'], {
          path: '/chunks',
          method: 'PUT',
          body: '3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n'
        }) +
        LAST
    );

    assert.deepEqual(told(received), ['/before 0', '/body 4', '/none 0', '/chunks 5', '/last 0']);
  });

  test('an upgrade behind ordinary requests is still one', async (t) => {
    const { port } = await start(t);
    const client = await RawClient.connect(port);

    client.write(request([], { path: '/one' }) + request([], { path: '/two' }));
    client.write(`${request(['Connection: Upgrade', 'Upgrade: echo/1'])}early`);
    client.socket.end();

    const received = String(await client.rest());

    assert.deepEqual(told(received), ['/one 0', '/two 0']);
    assert.match(received, /\}HTTP\/1.1 101 Switching Protocols\r\n[^]*\r\n\r\nearly$/);
  });

  test('and one behind an ignored one', async (t) => {
    const { port } = await start(t);
    const client = await RawClient.connect(port);

    client.write(request(['Connection: Upgrade', 'Upgrade: h2c'], { path: '/one' }));
    client.write(RawClient.request({ path: '/ws' }));

    const received = await client.take(() => {
      const text = String(client.received);
      const at = text.indexOf('HTTP/1.1 101 ');

      return at > 0 && text.indexOf('\r\n\r\n', at) > 0 ? String(client.cut(client.received.length)) : null;
    });

    assert.deepEqual(told(received), ['/one 0']);
    client.send(1, 'hello');
    assert.equal(String((await client.frame()).payload), 'hello');
    client.socket.destroy();
  });

  test('a body longer than announced is the next request, and none', async (t) => {
    const { port } = await start(t);
    const received = await exchange(
      port,
      request(['Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 3'], { method: 'POST', body: 'abcdef\r\n\r\n' })
    );

    assert.match(received, /HTTP\/1.1 400 Bad Request\r\n/);
    assert.doesNotMatch(received, / 101 /);
  });

  test('a large upload is read as it comes', async (t) => {
    const { port } = await start(t);
    const upload = http.request({ port, method: 'POST', headers: { Connection: 'Upgrade', Upgrade: 'h2c' } });
    const chunk = Buffer.alloc(65536);

    for (let i = 0; i < 16; i++) {
      upload.write(chunk);
      await new Promise(setImmediate);
    }
    upload.end();

    const [res] = await once(upload, 'response');

    assert.equal(JSON.parse((await res.toArray()).join('')).length, 16 * 65536);
  });
});

describe('expectations', () => {
  const fields = ['Connection: Upgrade', 'Expect: 100-continue'];

  test('what is ordinary is met as ever', async (t) => {
    const { port, server } = await start(t);
    const continued = () => exchangeBody(port, [...fields, 'Upgrade: h2c', 'Content-Length: 3'], 'abc');

    assert.match(await continued(), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[^]*"length":3/);
    server.on('checkContinue', (req, res) => {
      res.writeHead(413, { Connection: 'close' });
      res.end();
    });
    assert.match(await continued(), /^HTTP\/1.1 413 /);
  });

  /** Sends a head, and the body when it is asked to. */
  async function exchangeBody(port, lines, body) {
    const socket = net.connect(port, '127.0.0.1');
    let received = '';

    socket.write(request([...lines], { method: 'POST' }));
    socket.on('data', (chunk) => {
      received += chunk;
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      if (/"length"/.test(received)) socket.end();
    });
    await once(socket, 'close');
    return received;
  }
});

describe('a connection that goes on', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: h2c'];

  test('has the time limits of the server', async (t) => {
    const server = http.createServer({ connectionsCheckingInterval: 20, requestTimeout: 60, headersTimeout: 60 });
    const { port } = await start(t, {}, server);

    assert.match(
      await exchange(port, request([...upgrade, 'Content-Length: 10'], { method: 'POST', body: 'slow' })),
      /^HTTP\/1.1 408 /
    );
  });

  test('ends with the server', async (t) => {
    const { port, server } = await start(t);
    const client = await RawClient.connect(port);

    client.write(request(upgrade));
    await client.head();
    await new Promise((resolve) => setTimeout(resolve, 20));

    const closed = new Promise((resolve) => server.close(resolve));

    assert.match(String(await client.rest()), /"url":"\/"/);
    await closed;
  });
});
