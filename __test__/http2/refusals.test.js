'use strict';

// What is a client told over HTTP/2 whose request becomes no WebSocket, and what do broken ones get?

const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket, WebSocketServer } = require('../support/implementation');
const { faults } = require('../support/handshake-table');
const { answer, ask, connect, listen, serve } = require('./support');

const { createUpgradeRouter, reject, upgrade, validateUpgrade } = WebSocket;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const PROTOCOL_ERROR = 1;
const PSEUDO = [
  [':method', 'CONNECT'],
  [':protocol', 'websocket'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'a']
];
const VERSION = ['sec-websocket-version', '13'];

/** Writes a frame of HTTP/2. */
function frame(type, flags, id, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);

  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes header fields as literals without indexing (RFC 7541 section 6.2.2); none is longer than 126 bytes. */
function encodeFields(fields) {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value)
    ])
  );
}

/** Sends a request byte by byte, and waits for the first frame about its stream, or about the end of all. */
async function exchange(t, port, fields, flags = 4) {
  const socket = net.connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);

  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(PREFACE);
  socket.write(frame(SETTINGS, 0, 0));
  socket.write(frame(HEADERS, flags, 1, encodeFields(fields)));
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      const length = received.readUIntBE(0, 3);
      const [type, id, payload] = [received[3], received.readUInt32BE(5), received.subarray(9, 9 + length)];

      received = received.subarray(9 + length);
      if (id === 1 || type === GOAWAY) return { type, code: type === RST_STREAM ? payload.readUInt32BE() : null };
    }
  }
  return null;
}

test('the causes and texts of the table', async (t) => {
  const { session, wss } = await serve(t);

  wss.on('connection', () => assert.fail('not acceptable'));
  for (const [headers, status, body] of [
    [{ 'sec-websocket-version': null }, 400, 'Missing or invalid Sec-WebSocket-Version header'],
    [{ 'sec-websocket-version': '12' }, 400, 'Missing or invalid Sec-WebSocket-Version header'],
    [{ 'sec-websocket-protocol': 'a, a' }, 400, 'Invalid Sec-WebSocket-Protocol header'],
    [{ 'content-length': '5' }, 400, 'A WebSocket handshake must not have a body'],
    [{ ':scheme': 'ftp' }, 400, 'Invalid :scheme']
  ]) {
    const told = await answer(ask(session, headers));

    assert.deepEqual([told.status, told.body], [status, body], JSON.stringify(headers));
    assert.equal(told.headers['content-type'], 'text/html');
    assert.equal(told.headers['content-length'], String(Buffer.byteLength(body)));
    if (body.includes('Version')) assert.equal(told.headers['sec-websocket-version'], '13, 8');
  }
  assert.equal(session.destroyed, false);
});

test('a mistake of the application costs what it costs over HTTP/1.1', async (t) => {
  const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
  const tooHigh = { name: 'reject', mistake: 'a status that HTTP/2 of Node.js does not know', args: () => [600] };
  const all = [...faults(), { ...tooHigh, error: 'RangeError', outcome: 'nothing' }];
  const names = [];

  server.on('stream', async (stream, headers) => {
    const { name, args } = all[Number(headers['x-number'])];
    const [req, head] = [{ headers, method: 'CONNECT', stream }, Buffer.alloc(0)];
    const call = name === 'reject' ? reject(req, stream, ...args()) : upgrade(req, stream, head, ...args());

    names.push((await call.catch((err) => err)).name);
    await reject(req, stream, 418, { body: 'afterwards' });
  });

  const session = connect(t, origin);

  for (const [number, { mistake, outcome }] of all.entries()) {
    const told = await answer(ask(session, { 'sec-websocket-protocol': 'a, b', 'x-number': String(number) }));
    const expected = outcome === 'nothing' ? [418, 'afterwards'] : [500, 'Internal Server Error'];

    assert.deepEqual([told.status, told.body], expected, mistake);
  }
  assert.deepEqual(
    names,
    all.map(({ error }) => error)
  );
});

test('reject() writes nothing into a live WebSocket', async (t) => {
  const { session, wss } = await serve(t);
  const codes = [];

  wss.on('connection', async (ws, req) => {
    codes.push((await reject(req, ws._socket, 500).catch((err) => err))?.code);
    ws.send('hello');
  });

  const client = new WebSocket('ws://a/', { session });

  assert.equal(String((await once(client, 'message'))[0]), 'hello');
  assert.deepEqual(codes, ['ERR_UPSHIFT_TAKEN']);
  client.terminate();
});

test('offers of compression that cannot be accepted', async (t) => {
  const { session } = await serve(t, { perMessageDeflate: true });
  const told = await answer(ask(session, { 'sec-websocket-extensions': 'permessage-deflate; nonsense' }));

  assert.deepEqual([told.status, told.body], [400, 'Invalid or unacceptable Sec-WebSocket-Extensions header']);
});

test('malformed offers are refused where the rules are strict, as over HTTP/1.1', async (t) => {
  const { server, origin } = await listen(t);
  const router = createUpgradeRouter(server);
  const wss = new WebSocketServer({ noServer: true });
  const codes = [];

  router.websocket('/routed', () => {});
  server.on('stream', async (stream, headers) => {
    const req = { headers, stream };
    const path = headers[':path'];

    try {
      if (path === '/ws') wss.handleStream(stream, headers, () => {});
      else if (path === '/judged') validateUpgrade(req);
      else await upgrade(req, stream, Buffer.alloc(0));
    } catch (err) {
      codes.push(err.code);
      if (!stream.headersSent) stream.respond({ ':status': 204 }, { endStream: true });
    }
  });

  const session = connect(t, origin);

  for (const [path, offers, status] of [
    ['/routed', 'foo; =1', 400],
    ['/routed', 'foo; a=1', 200],
    ['/upgraded', 'foo; =1', 400],
    ['/upgraded', 'foo; a=1', 200],
    ['/judged', 'foo; =1', 204],
    ['/ws', 'foo; =1', 200]
  ]) {
    const stream = ask(session, { ':path': path, 'sec-websocket-extensions': offers });
    const [headers] = await once(stream, 'response');

    assert.equal(headers[':status'], status, `${path} ${offers}`);
    stream.close(8);
  }
  assert.deepEqual(codes, ['ERR_UPSHIFT_INVALID_EXTENSIONS', 'ERR_UPSHIFT_INVALID_EXTENSIONS']);
});

test('a refusal without a body arrives before the stream ends', async (t) => {
  const { port, session, wss } = await serve(t, {
    verifyClient: ({ req }, done) => setImmediate(done, req.url === '/')
  });

  wss.on('wsClientError', (err, socket, req) => reject(req, socket, Number(req.headers['x-status']), { body: '' }));
  for (const status of ['401', '204']) {
    const told = await answer(ask(session, { 'sec-websocket-version': '1', 'x-status': status }));

    assert.deepEqual([told.status, told.body, told.rstCode], [Number(status), '', 0]);
    assert.deepEqual(await exchange(t, port, [...PSEUDO, ['x-status', status]]), { type: HEADERS, code: null });
  }
});

test('wsClientError leaves the answer to the application', async (t) => {
  const { session, wss } = await serve(t);

  wss.on('wsClientError', (err, socket, req) =>
    reject(req, socket, 418, { body: err.message, headers: { 'X-A': 'b' } })
  );

  const told = await answer(ask(session, { 'sec-websocket-version': '1' }));

  assert.deepEqual([told.status, told.headers['x-a']], [418, 'b']);
  assert.equal(told.body, 'Missing or invalid Sec-WebSocket-Version header');
});

test('fields about the connection are a stream error, as is what lacks a pseudo-header field', async (t) => {
  const { port, wss, server } = await serve(t);

  wss.on('connection', () => assert.fail('not acceptable'));
  server.on('stream', () => assert.fail('not acceptable'));
  for (const fields of [
    [...PSEUDO, VERSION, ['upgrade', 'websocket']],
    [...PSEUDO, VERSION, ['connection', 'upgrade']],
    [...PSEUDO, VERSION, ['keep-alive', '5']],
    [...PSEUDO, VERSION, ['transfer-encoding', 'chunked']],
    [...PSEUDO.filter(([name]) => name !== ':path'), VERSION],
    [...PSEUDO.filter(([name]) => name !== ':scheme'), VERSION],
    [...PSEUDO.filter(([name]) => name !== ':authority'), VERSION],
    [[':method', 'GET'], ...PSEUDO.slice(1), VERSION],
    [...PSEUDO, PSEUDO[1], VERSION],
    [VERSION, ...PSEUDO],
    [...PSEUDO, VERSION, ['Upper', 'case']]
  ]) {
    const told = await exchange(t, port, fields);

    assert.deepEqual(told, { type: RST_STREAM, code: PROTOCOL_ERROR }, JSON.stringify(fields));
  }
});

test('the same fields by another door are a stream error too', async (t) => {
  const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
  const wss = new WebSocketServer({ noServer: true });

  server.on('stream', (stream, headers) => {
    wss.handleStream(stream, { ...headers, upgrade: 'websocket' }, () => assert.fail('not acceptable'));
  });

  const session = connect(t, origin);
  const stream = ask(session);

  await new Promise((resolve) => stream.on('close', resolve));
  assert.equal(stream.rstCode, PROTOCOL_ERROR);
});

test('a request that ends with its head', async (t) => {
  const { port, wss } = await serve(t);

  wss.on('connection', () => assert.fail('nobody will ever send anything'));
  assert.deepEqual(await exchange(t, port, [...PSEUDO, VERSION], 5), { type: RST_STREAM, code: 8 });
});

test('handleStream() from a stream listener and from a connect listener', async (t) => {
  for (const event of ['stream', 'connect']) {
    const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
    const wss = new WebSocketServer({ noServer: true, path: '/here' });
    const opened = new Promise((resolve) => {
      server.on(event, (first, second) => {
        const [stream, headers] = event === 'stream' ? [first, second] : [first.stream, first.headers];

        wss.handleStream(stream, headers, (ws, req) => resolve([ws, req]));
      });
    });

    if (event === 'connect') server.on('request', (req, res) => res.end());

    const session = connect(t, origin);

    assert.equal((await answer(ask(session, { ':path': '/elsewhere' }))).status, 400);
    ask(session, { ':path': '/here' });

    const [ws, req] = await opened;

    assert.equal(ws.readyState, WebSocket.OPEN);
    assert.equal(req.url, '/here');
    wss.close();
    assert.equal((await answer(ask(session, { ':path': '/here' }))).status, 503);
  }
});

test('handleStream() says what is wrong when Node has answered with 405', async (t) => {
  const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
  const wss = new WebSocketServer({ noServer: true });

  server.on('request', () => {});

  const failed = new Promise((resolve) => {
    server.on('stream', (stream, headers) => {
      try {
        wss.handleStream(stream, headers, () => {});
      } catch (err) {
        resolve(err);
      }
    });
  });

  const [headers] = await once(ask(connect(t, origin)), 'response');

  assert.equal(headers[':status'], 405);
  assert.match((await failed).message, /listener and without one for 'connect' answers every CONNECT with 405/);
});

test('upgrade() and handleUpgrade() take the request of a connect event', async (t) => {
  const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
  const wss = new WebSocketServer({ noServer: true });

  server.on('request', (req, res) => res.end());
  server.on('connect', async (req) => {
    const head = Buffer.alloc(0);

    if (req.url === '/old') wss.handleUpgrade(req, req.stream, head, (ws) => ws.send('old'));
    else (await upgrade(req, req.stream, head, { headers: { 'X-A': 'b' } }).catch((err) => err)).send?.('new');
  });

  const session = connect(t, origin);

  for (const name of ['old', 'new']) {
    const client = new WebSocket(`ws://a/${name}`, { session });
    const [[res], [data]] = await Promise.all([once(client, 'upgrade'), once(client, 'message')]);

    assert.equal(String(data), name);
    assert.equal(res.headers['x-a'], name === 'new' ? 'b' : undefined);
    client.terminate();
  }

  const told = await answer(ask(session, { 'sec-websocket-version': '7' }));

  assert.deepEqual([told.status, told.body], [400, 'Missing or invalid Sec-WebSocket-Version header']);
});

test('a server tells clients that it takes WebSockets, whatever its settings were', async (t) => {
  const { server, origin } = await listen(t, { settings: { maxConcurrentStreams: 7 } });

  new WebSocketServer({ server });

  const session = connect(t, origin);
  const [settings] = await once(session, 'remoteSettings');

  assert.equal(settings.enableConnectProtocol, true);
  assert.equal(settings.maxConcurrentStreams, 7);
});
