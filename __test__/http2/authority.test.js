'use strict';

// Whom may a client ask on a session? What it sends, credentials among them, must reach nobody but the host of its URL.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket } = require('../support/implementation');
const { connect, serve } = require('./support');

const CODE = 'ERR_UPSHIFT_SESSION_ORIGIN';

/** Waits for the error of a client that never opens, and its end. */
async function refused(client) {
  client.on('open', () => assert.fail('it must not open'));

  const [[err], [code]] = await Promise.all([
    once(client, 'error'),
    new Promise((resolve) => client.on('close', (...end) => resolve(end)))
  ]);

  assert.equal(code, 1006);
  return err;
}

/** Waits until a client is open, and lets it go. */
async function opened(client) {
  await once(client, 'open');
  client.terminate();
}

test('wss: is refused on a session without encryption, whatever the options say', async (t) => {
  const { port, session, wss, origin } = await serve(t);

  wss.on('connection', () => assert.fail('it was asked'));
  for (const one of [session, connect(t, origin)]) {
    for (const options of [{}, { anyOrigin: true }]) {
      const err = await refused(new WebSocket(`wss://me:secret@127.0.0.1:${port}`, { session: one, ...options }));

      assert.equal(err.code, CODE);
      assert.match(err.message, /without TLS/);
    }
  }
});

test('ws: is taken on a session without encryption, for any host', async (t) => {
  const { session, wss } = await serve(t);
  const [[, { headers }]] = await Promise.all([
    once(wss, 'connection'),
    opened(new WebSocket('ws://elsewhere.example/', { session }))
  ]);

  assert.equal(headers.host, 'elsewhere.example');
});

test('over TLS the session has to be one to the host of the URL', async (t) => {
  const { port, session, wss } = await serve(t, {}, { secure: true });

  wss.on('connection', () => assert.fail('it was asked'));
  for (const url of [
    'wss://elsewhere.example/',
    `wss://elsewhere.example:${port}/`,
    `wss://localhost:${port}/`,
    'wss://127.0.0.1/',
    `ws://127.0.0.1:${port}/`,
    'ws+unix:/tmp/socket:/path'
  ]) {
    const err = await refused(new WebSocket(url, { session }));

    assert.equal(err.code, CODE, url);
    assert.ok(err.message.includes(new URL(url).host || 'localhost'), err.message);
  }
});

test('before the session is connected, too', async (t) => {
  const { origin, port } = await serve(t, {}, { secure: true });
  const session = connect(t, origin);
  const [err] = await Promise.all([
    refused(new WebSocket('wss://elsewhere.example/', { session })),
    opened(new WebSocket(`wss://127.0.0.1:${port}/`, { session }))
  ]);

  assert.equal(err.code, CODE);
});

test('an address, a name, and a name with another port of a tunnel are hosts of a session', async (t) => {
  const { origin, port } = await serve(t, {}, { secure: true });
  const [address, name, named] = [{}, { servername: 'localhost' }, { servername: 'far.example' }].map((options) =>
    connect(t, origin, options)
  );

  await opened(new WebSocket(`wss://127.0.0.1:${port}/`, { session: address }));
  await opened(new WebSocket(`wss://localhost:${port}/`, { session: name }));
  await opened(new WebSocket('wss://FAR.example/', { session: named }));
  assert.equal((await refused(new WebSocket('wss://near.far.example/', { session: named }))).code, CODE);
});

test('what the server adds with an ORIGIN frame is taken', async (t) => {
  const { session, sessions } = await serve(t, {}, { secure: true });

  assert.equal((await refused(new WebSocket('wss://second.example/', { session }))).code, CODE);
  sessions[0].origin('https://second.example', 'https://third.example:444');
  await once(session, 'origin');
  await opened(new WebSocket('wss://second.example/', { session }));
  await opened(new WebSocket('wss://third.example:444/', { session }));
  assert.equal((await refused(new WebSocket('wss://third.example/', { session }))).code, CODE);
});

test('anyOrigin leaves it to the application', async (t) => {
  const { session, wss } = await serve(t, {}, { secure: true });

  for (const scheme of ['ws', 'wss']) {
    const [[, req]] = await Promise.all([
      once(wss, 'connection'),
      opened(new WebSocket(`${scheme}://elsewhere.example/`, { anyOrigin: true, session }))
    ]);

    assert.deepEqual([req.scheme, req.authority], [scheme.replace('ws', 'http'), 'elsewhere.example']);
  }
});

test('finishRequest and followRedirects make no sense, and are not passed over', async (t) => {
  const { session } = await serve(t);

  for (const [name, value] of [
    ['finishRequest', (req) => req.end()],
    ['followRedirects', true]
  ]) {
    assert.throws(() => new WebSocket('ws://a', { session, [name]: value }), {
      message: `The "${name}" option cannot be used with a session of HTTP/2`,
      name: 'TypeError'
    });
  }

  await opened(new WebSocket('ws://a', { finishRequest: null, followRedirects: false, session }));
});
