'use strict';

// Does `new WebSocket(url, { session })` behave as every client, over a session that exists?

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket } = require('../support/implementation');
const { connect, listen, pair, serve } = require('./support');

/** Waits for the end of a client that never opens. */
async function failing(client) {
  client.on('open', () => assert.fail('it must not open'));

  const [err, code] = await new Promise((resolve) => {
    client.once('error', (reason) => client.once('close', (status) => resolve([reason, status])));
  });

  assert.equal(code, 1006);
  assert.equal(client.readyState, WebSocket.CLOSED);
  return err;
}

/** A server whose streams a test answers itself. */
async function answering(t, secure, onStream) {
  const running = await listen(t, { secure, settings: { enableConnectProtocol: true } });

  running.server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  return { ...running, session: connect(t, running.origin) };
}

test('it sends what RFC 8441 asks for, and nothing of HTTP/1.1', async (t) => {
  let seen;
  const { session } = await answering(t, true, (stream, headers) => {
    seen = headers;
    stream.respond({ ':status': 200, 'sec-websocket-protocol': 'b' });
  });
  const client = new WebSocket('wss://user:pass@example.com:444/chat?x=1', ['a', 'b'], {
    session,
    anyOrigin: true,
    origin: 'https://a',
    perMessageDeflate: false,
    headers: { 'X-Own': 'y', Connection: 'close', 'User-Agent': 'me' }
  });

  await once(client, 'open');
  assert.equal(client.url, 'wss://user:pass@example.com:444/chat?x=1');
  assert.equal(client.protocol, 'b');
  assert.deepEqual(Object.fromEntries(Object.entries(seen)), {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':authority': 'example.com:444',
    ':path': '/chat?x=1',
    authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
    origin: 'https://a',
    'sec-websocket-protocol': 'a,b',
    'sec-websocket-version': '13',
    'user-agent': 'me',
    'x-own': 'y'
  });
  client.terminate();
});

test('it waits for the settings of a session that is connecting', async (t) => {
  const { origin, wss, url } = await serve(t);
  const session = connect(t, origin);
  const clients = [1, 2, 3].map(() => new WebSocket(url, { session }));

  assert.equal(session.connecting, true);
  await Promise.all(clients.map((client) => once(client, 'open')));
  assert.equal(wss.clients.size, 3);
});

test('it says so when the server does not offer it, early and late', async (t) => {
  const { origin } = await listen(t);
  const session = connect(t, origin);
  const early = await failing(new WebSocket('ws://a', { session }));
  const late = await failing(new WebSocket('ws://a', { session }));

  for (const err of [early, late]) {
    assert.equal(err.code, 'ERR_UPSHIFT_NO_EXTENDED_CONNECT');
    assert.match(err.message, /ENABLE_CONNECT_PROTOCOL/);
  }
});

test('it says so when the session is closed, before and while it waits', async (t) => {
  const { origin } = await listen(t);
  const session = connect(t, origin);
  const waiting = failing(new WebSocket('ws://a', { session }));

  session.destroy();
  assert.equal((await waiting).code, 'ERR_UPSHIFT_SESSION_CLOSED');
  assert.equal((await failing(new WebSocket('ws://a', { session }))).code, 'ERR_UPSHIFT_SESSION_CLOSED');
});

test('another status is an unexpected response, with its body for those who listen', async (t) => {
  const { session } = await answering(t, false, (stream) => {
    stream.respond({ ':status': 403, 'x-why': 'because' });
    stream.end('no entry');
  });

  assert.equal((await failing(new WebSocket('ws://a', { session }))).message, 'Unexpected server response: 403');

  const client = new WebSocket('ws://a', { session });
  const [req, res] = await once(client, 'unexpected-response');
  let body = '';

  assert.equal(req, client._req);
  assert.deepEqual([res.statusCode, res.headers['x-why'], res.httpVersion], [403, 'because', '2.0']);
  for await (const chunk of res) body += chunk;
  assert.equal(body, 'no entry');

  const failed = failing(client);

  client.close();
  assert.match((await failed).message, /closed before the connection was established/);
});

test('answers that were not asked for', async (t) => {
  for (const [headers, options, message] of [
    [{ 'sec-websocket-protocol': 'a' }, {}, 'Server sent a subprotocol but none was requested'],
    [{}, { protocols: ['a'] }, 'Server sent no subprotocol'],
    [{ 'sec-websocket-protocol': 'b' }, { protocols: ['a'] }, 'Server sent an invalid subprotocol'],
    [
      { 'sec-websocket-extensions': 'permessage-deflate' },
      { perMessageDeflate: false },
      'Server sent a Sec-WebSocket-Extensions header but no extension was requested'
    ],
    [{ 'sec-websocket-extensions': 'x' }, {}, 'Server indicated an extension that was not requested'],
    [{ 'sec-websocket-extensions': 'permessage-deflate; nonsense' }, {}, 'Invalid Sec-WebSocket-Extensions header']
  ]) {
    const { session } = await answering(t, false, (stream) => stream.respond({ ':status': 200, ...headers }));

    assert.equal((await failing(new WebSocket('ws://a', { session, ...options }))).message, message);
  }
});

test('streams that end without an answer', async (t) => {
  for (const [code, expected] of [
    [0, 'ERR_UPSHIFT_SOCKET_CLOSED'],
    [8, 'ERR_UPSHIFT_SOCKET_CLOSED'],
    [7, 'ERR_HTTP2_STREAM_ERROR']
  ]) {
    const { session } = await answering(t, false, (stream) => stream.close(code));
    const err = await failing(new WebSocket('ws://a', { session }));

    assert.equal(err.code, expected, `RST_STREAM with ${code}`);
  }
});

test('handshakeTimeout, close() and terminate() end the wait', async (t) => {
  const codes = [];
  const { session } = await answering(t, false, (stream) => stream.on('close', () => codes.push(stream.rstCode)));
  const slow = await failing(new WebSocket('ws://a', { session, handshakeTimeout: 50 }));

  assert.equal(slow.message, 'Opening handshake has timed out');
  for (const end of ['close', 'terminate']) {
    const client = new WebSocket('ws://a', { session });
    const failed = failing(client);

    client[end]();
    assert.match((await failed).message, /closed before the connection was established/);
  }
  while (codes.length < 3) await new Promise(setImmediate);
  assert.deepEqual(codes, [8, 8, 8]);
});

test('closing in the upgrade event, and a listener that throws nothing', async (t) => {
  const { session } = await answering(t, false, (stream) => stream.respond({ ':status': 200 }));
  const client = new WebSocket('ws://a', { session });

  client.on('upgrade', (res) => {
    assert.equal(res.statusCode, 200);
    client.close();
  });
  assert.match((await failing(client)).message, /closed before/);
});

test('a status 200 that ends at once is a close with 1006', async (t) => {
  const { session } = await answering(t, false, (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
  const client = new WebSocket('ws://a', { session });

  await once(client, 'open');
  assert.equal((await once(client, 'close'))[0], 1006);
});

test('wrong arguments are thrown', async (t) => {
  const { session } = await serve(t);

  assert.throws(() => new WebSocket('nonsense', { session }), SyntaxError);
  assert.throws(() => new WebSocket('ftp://a', { session }), SyntaxError);
  assert.throws(() => new WebSocket('ws://a#b', { session }), SyntaxError);
  assert.throws(() => new WebSocket('ws://a', ['b', 'b'], { session }), SyntaxError);
  assert.throws(() => new WebSocket('ws://a', { session, protocolVersion: 1 }), RangeError);

  const err = await failing(new WebSocket('ws://a', { session, headers: { 'a b': 'c' } }));

  assert.equal(err.code, 'ERR_INVALID_HTTP_TOKEN');
});

test('a Buffer as session is that of TLS', async () => {
  const client = new WebSocket('ws://127.0.0.1:1', { session: Buffer.alloc(3) });

  assert.equal((await failing(client)).code, 'ECONNREFUSED', 'it went over HTTP/1.1');
});

test('compression, pings, streams and iteration work as ever', async (t) => {
  const { client, socket } = await pair(t, { perMessageDeflate: true });

  assert.equal(client.extensions, 'permessage-deflate');
  client.ping('p');
  assert.equal(String((await once(client, 'pong'))[0]), 'p');
  socket.send('one');
  socket.send('two '.repeat(500));
  socket.close(1000);

  const messages = [];

  for await (const message of client) messages.push(message);
  assert.deepEqual(messages, ['one', 'two '.repeat(500)]);
});

test('the options of a connection count, and those of a request', async (t) => {
  const { client, socket, session, req } = await pair(
    t,
    { handleProtocols: (offered) => [...offered].at(-1) },
    {
      autoPong: false,
      generateMask: (mask) => mask.fill(7),
      headers: { 'X-Own': 'y' },
      maxPayload: 10,
      origin: 'https://a',
      perMessageDeflate: false,
      protocols: ['a', 'b'],
      protocolVersion: 8
    }
  );

  assert.equal(client.protocol, 'b');
  assert.deepEqual(
    [req.headers['sec-websocket-origin'], req.headers['sec-websocket-version'], req.headers['x-own']],
    ['https://a', '8', 'y']
  );
  assert.equal(client.extensions, '');

  const pings = once(client, 'ping');

  socket.on('pong', () => assert.fail('autoPong is off'));
  socket.ping('p');
  await pings;
  client.send('masked');
  assert.equal(String((await once(socket, 'message'))[0]), 'masked');

  const [failed, closed] = [once(client, 'error'), once(socket, 'close')];

  socket.send('x'.repeat(11));
  assert.equal((await failed)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  assert.equal((await closed)[0], 1009);
  assert.equal(session.destroyed, false);
});

test('subprotocols are an argument or an option, one or several', async (t) => {
  const { session, url } = await serve(t);

  for (const [protocols, options] of [
    ['a', {}],
    [['a', 'b'], {}],
    [undefined, { protocols: 'a' }],
    [undefined, { protocols: ['a', 'b'] }]
  ]) {
    const client = new WebSocket(url, protocols, { session, ...options });

    await once(client, 'open');
    assert.equal(client.protocol, 'a');
    client.terminate();
  }

  const plain = new WebSocket(url, { session });

  await once(plain, 'open');
  assert.equal(plain.protocol, '');
  plain.terminate();
});

test('handlers run where the WebSocket was made', async (t) => {
  const storage = new AsyncLocalStorage();
  const { session, url, wss } = await serve(t);
  const stores = [];

  wss.on('connection', (socket) => socket.send('x'));
  await storage.run('mine', async () => {
    const client = new WebSocket(url, { session });

    for (const event of ['upgrade', 'open', 'message', 'close']) {
      client.on(event, () => stores.push([event, storage.getStore()]));
    }

    client.on('message', () => client.close());
    await once(client, 'close');
  });
  assert.deepEqual(
    stores,
    ['upgrade', 'open', 'message', 'close'].map((event) => [event, 'mine'])
  );
});
