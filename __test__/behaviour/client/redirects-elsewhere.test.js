'use strict';

// What does a client take along when a redirect leads to TLS or away from it, to a Unix domain socket or away from it? And
// do its options hold on each of its ways?

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WebSocket } = require('../../support/implementation');
const { identity } = require('../../support/over');
const { answer, rawServer } = require('../../support/raw-server');

/** What a record of TLS begins with in which a handshake begins. */
const HANDSHAKE = 0x16;

/**
 * Makes a server that speaks TLS with those who do.
 *
 * @param {Function} accept Called with each connection
 * @return {net.Server} The server
 */
function eitherServer(accept) {
  const options = { allowHalfOpen: true };
  const secure = tls.createServer({ ...options, ...identity() }, accept);

  return net.createServer(options, (socket) => {
    socket.once('readable', () => {
      const chunk = socket.read();

      if (chunk === null) return;

      socket.unshift(chunk);
      if (chunk[0] === HANDSHAKE) secure.emit('connection', socket);
      else accept(socket);
    });
  });
}

/**
 * Starts the places between which a client is sent.
 *
 * @param {TestContext} t The test
 * @return {Promise<Object>} Two on the network and two that are local, each with its address for a scheme
 */
async function places(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-'));

  t.after(() => fs.rmSync(folder, { recursive: true }));

  const network = async () => {
    const { next, port } = await rawServer(t, 0, eitherServer);

    return { next, at: (scheme, target) => `${scheme}://127.0.0.1:${port}${target}` };
  };
  const local = async (name) => {
    const place = path.join(folder, name);
    const { next } = await rawServer(t, place, eitherServer);

    return { next, at: (scheme, target) => `${scheme}:${place}:${target}` };
  };

  return { here: await network(), there: await network(), file: await local('a'), other: await local('b') };
}

/**
 * Sends whoever comes next elsewhere.
 *
 * @param {Object} place Where he comes to
 * @param {String} location Where he is sent
 * @return {Promise<Object>} His request
 */
async function redirect(place, location) {
  const headers = { Connection: null, Location: location, Upgrade: null };

  return answer(await place.next(), { headers, status: '302 Found' });
}

/** From where to where, and whether that is the same host, which is trusted no less. */
const WAYS = [
  ['wss', 'here', 'wss', 'here', { isSameHost: true, isTrusted: true }],
  ['ws', 'here', 'wss', 'here', { isSameHost: true, isTrusted: true }],
  ['wss', 'here', 'ws', 'here', { isSameHost: true, isTrusted: false }],
  ['wss', 'here', 'wss', 'there', {}],
  ['wss', 'here', 'ws', 'there', {}],
  ['ws', 'here', 'wss', 'there', {}],
  ['ws', 'here', 'ws+unix', 'file', {}],
  ['ws+unix', 'file', 'ws', 'here', {}],
  ['ws+unix', 'file', 'ws+unix', 'file', { isSameHost: true, isTrusted: true }],
  ['ws+unix', 'file', 'ws+unix', 'other', {}]
];

describe('what a client takes along', () => {
  for (const [scheme, from, next, to, { isSameHost = false, isTrusted = false }] of WAYS) {
    test(`from ${scheme} to ${next}, ${from} to ${to}`, async (t) => {
      const all = await places(t);
      const target = all[to].at(next, '/second');
      const ws = new WebSocket(all[from].at(scheme, '/first'), {
        auth: 'user:password',
        followRedirects: true,
        headers: { Cookie: 'secret=1', Host: 'named.example', 'X-Mine': 'yes' },
        rejectUnauthorized: false
      });

      t.after(() => ws.terminate());

      const first = await redirect(all[from], target);
      const [second] = await Promise.all([answer(await all[to].next()), once(ws, 'open')]);
      const credentials = `Basic ${Buffer.from('user:password').toString('base64')}`;

      assert.deepEqual([first.line, second.line], ['GET /first HTTP/1.1', 'GET /second HTTP/1.1']);
      assert.deepEqual([first.headers.authorization, first.headers.cookie], [credentials, 'secret=1']);
      assert.equal(second.headers.authorization, isTrusted ? credentials : undefined);
      assert.equal(second.headers.cookie, isTrusted ? 'secret=1' : undefined);
      assert.equal(second.headers.host === 'named.example', isSameHost);
      assert.equal(second.headers['x-mine'], 'yes');
      assert.equal(ws.url, target);
    });
  }
});

describe('on each of its ways a client', () => {
  test('lets the application finish the request', async (t) => {
    const { here, there } = await places(t);
    const paths = [];
    const ws = new WebSocket(here.at('ws', '/1'), {
      finishRequest(req) {
        paths.push(req.path);
        req.setHeader('X-Way', paths.length);
        req.end();
      },
      followRedirects: true
    });

    t.after(() => ws.terminate());

    const requests = [await redirect(here, '/2'), await redirect(here, there.at('ws', '/3'))];

    requests.push(...(await Promise.all([answer(await there.next()), once(ws, 'open')])).slice(0, 1));
    assert.deepEqual(paths, ['/1', '/2', '/3']);
    assert.deepEqual(
      requests.map(({ headers }) => headers['x-way']),
      ['1', '2', '3']
    );
  });

  test('has its agent make the connection', async (t) => {
    const { here, there } = await places(t);
    const made = [];

    class Noting extends http.Agent {
      /**
       * @param {Object} options Where to
       * @param {Function} callback Called with the socket
       * @return {net.Socket} The socket
       */
      createConnection(options, callback) {
        made.push(`:${options.port}`);
        return super.createConnection(options, callback);
      }
    }

    const ws = new WebSocket(here.at('ws', '/'), { agent: new Noting(), followRedirects: true });

    t.after(() => ws.terminate());
    await redirect(here, there.at('ws', '/'));
    await Promise.all([answer(await there.next()), once(ws, 'open')]);
    assert.equal(made.length, 2);
    assert.ok(here.at('ws', '').endsWith(made[0]) && there.at('ws', '').endsWith(made[1]));
  });

  test('waits no longer than handshakeTimeout', async (t) => {
    const { here, there } = await places(t);
    const ws = new WebSocket(here.at('ws', '/'), { followRedirects: true, handshakeTimeout: 500 });
    const closed = new Promise((resolve) => ws.on('close', resolve));
    const failed = new Promise((resolve) => ws.on('error', resolve));

    await redirect(here, there.at('ws', '/'));

    const peer = await there.next();

    await peer.head();
    assert.equal((await failed).message, 'Opening handshake has timed out');
    assert.equal(await closed, 1006);
    await peer.closed;
  });
});
