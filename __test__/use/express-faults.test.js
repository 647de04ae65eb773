'use strict';

/**
 * What happens when middleware of Express goes on although it has answered, or fails although it went on? An ordinary
 * request survives all of it, and so does an upgrade: the error is logged, and the connection ends or is left alone.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const { WebSocketServer } = require('../..');
const upgrades = require('../../lib/use/express');
const { RawClient } = require('../support/raw-client');
const { answer, ask, openRaw } = require('../http2/support');
const { APPS } = require('./http2-support');
const { EXPRESSES, answerOf, connect, refusal, serve, until } = require('./support');

/**
 * What middleware does, what the client gets, and what is logged. Behind it a route answers 200, or opens a WebSocket
 * (101); `isLeft` says that the connection goes on then. `isPart` is an answer without an end.
 */
const FAULTS = {
  'answers and calls next with an error': {
    does: (req, res, next) => {
      res.writeHead(401, { 'Content-Length': 2 }).end('no');
      next(new Error('after the answer'));
    },
    logs: ['Error: after the answer'],
    status: 401
  },
  'answers and throws': {
    does: (req, res) => {
      res.writeHead(401, { 'Content-Length': 2 }).end('no');
      throw new Error('after the answer');
    },
    logs: ['Error: after the answer'],
    status: 401
  },
  'answers, and rejects later': {
    does: async (req, res) => {
      res.writeHead(401, { 'Content-Length': 2 }).end('no');
      await once(res, 'finish');
      throw new Error('after the answer');
    },
    logs: ['Error: after the answer'],
    rejects: true,
    status: 401
  },
  'answers twice': {
    does: (req, res) => {
      res.writeHead(401, { 'Content-Length': 2 }).end('no');
      res.setHeader('X-Late', 'yes');
    },
    logs: [/^Error \[ERR_HTTP_HEADERS_SENT\]/],
    status: 401
  },
  'answers, and goes on to nowhere': {
    does: (req, res, next) => {
      res.writeHead(401, { 'Content-Length': 2 }).end('no');
      next('route');
    },
    isLeft: true,
    logs: [],
    status: 401
  },
  'begins an answer and calls next with an error': {
    does: (req, res, next) => {
      res.writeHead(403);
      res.write('part');
      setTimeout(next, 5, new Error('in the middle'));
    },
    isPart: true,
    logs: ['Error: in the middle'],
    status: 403
  },
  'goes on twice': {
    does: (req, res, next) => {
      next();
      next();
    },
    isLeft: true,
    logs: [],
    status: 'accepted'
  },
  'goes on, and throws': {
    does: (req, res, next) => {
      next();
      throw new Error('after it went on');
    },
    logs: ['Error: after it went on'],
    status: 'accepted'
  },
  'goes on, and rejects later': {
    does: async (req, res, next) => {
      next();
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('after it went on');
    },
    logs: ['Error: after it went on'],
    rejects: true,
    status: 'accepted'
  }
};

/** The first lines of what Express logs while a test runs. */
function logsOf(t) {
  const error = t.mock.method(console, 'error', () => {});
  return () => error.mock.calls.map(({ arguments: [err] }) => String(err?.stack ?? err).split('\n')[0]);
}

/** Waits for what is logged and compares it. */
async function assertLogs(logs, expected) {
  await until(() => logs().length >= expected.length);
  assert.equal(logs().length, expected.length, `${logs()}`);
  for (const [i, line] of logs().entries()) {
    if (typeof expected[i] === 'string') assert.equal(line, expected[i]);
    else assert.match(line, expected[i]);
  }
}

/** Tells the faults that a version of Express survives in an ordinary request: 4 knows nothing of promises. */
function faultsFor(name) {
  return Object.entries(FAULTS).filter(([, { rejects }]) => !rejects || name.includes('5'));
}

for (const [name, express] of EXPRESSES) {
  describe(`${name}: middleware`, () => {
    for (const [what, { does, isLeft, isPart, logs: expected, status }] of faultsFor(name)) {
      for (const kind of ['an ordinary request', 'an upgrade']) {
        const isUpgrade = kind === 'an upgrade';

        it(`${what}, in ${kind}`, async (t) => {
          const logs = logsOf(t);
          const app = upgrades(express());
          app.upgrade('/', does, (ws) => ws.on('message', (data) => ws.send(data)));
          app.get('/', does, (req, res) => res.send('page'));
          app.get('/next', (req, res) => res.send('next'));
          const target = await serve(t, app);
          const client = await RawClient.connect(target.raw);
          t.after(() => client.socket.destroy());
          client.write(isUpgrade ? RawClient.request({ path: '/' }) : 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
          const accepted = isUpgrade ? 101 : 200;
          const head = await client.head();
          assert.match(head, new RegExp(`^HTTP/1.1 ${status === 'accepted' ? accepted : status} `));
          if (isPart) await client.take(() => (client.received.length >= 9 ? client.cut(9) : null));
          else if (status === 401) await client.take(() => (client.received.length >= 2 ? client.cut(2) : null));
          await assertLogs(logs, expected);
          if (isLeft && isUpgrade && status === 'accepted') {
            client.send(1, 'hello');
            assert.equal((await client.frame()).payload.toString(), 'hello');
          } else if (isLeft && !isUpgrade) {
            client.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
            await client.take(() => client.received.includes('next') || null);
          } else {
            await client.closed;
          }
          assert.equal(answerOf(await bytesOf(t, target, 'GET /next HTTP/1.0\r\n\r\n')).body, 'next');
          assert.equal(logs().length, expected.length, 'logged once');
        });
      }
    }

    it('fails after it was answered for, with 503', async (t) => {
      const logs = logsOf(t);
      let proceed = null;
      const app = upgrades(express(), { upgradeTimeout: 30 });
      app.upgrade('/', (req, res, next) => (proceed = next), assert.fail);
      const target = await serve(t, app);
      assert.equal((await refusal(t, target, '/')).status, 503);
      proceed(new Error('late'));
      await assertLogs(logs, ['Error: late']);
      assert.equal((await refusal(t, target, '/')).status, 503);
      proceed();
      assert.equal((await refusal(t, target, '/')).status, 503);
    });

    it('goes on twice where no route takes it, which others get once, and then fails', async (t) => {
      const logs = logsOf(t);
      const app = upgrades(express());
      app.upgrade(
        '/',
        (req, res, next) => {
          next('route');
          next('route');
          throw new Error('after it went on');
        },
        assert.fail
      );
      const target = await serve(t, app);
      const wss = new WebSocketServer({ noServer: true });
      let asked = 0;
      target.server.on('upgrade', (req, socket, head) => {
        asked += 1;
        wss.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(`${data}`)));
      });
      const client = await connect(t, target, '/');
      await assertLogs(logs, ['Error: after it went on']);
      client.send('hello');
      assert.equal(await client.next(), 'hello');
      assert.equal(asked, 1);
    });
  });
}

for (const [name, start] of APPS.filter(([framework]) => framework.startsWith('Express'))) {
  describe(`${name} over HTTP/2: middleware`, () => {
    for (const [what, { does, isLeft, logs: expected, status }] of faultsFor(name)) {
      it(what, async (t) => {
        const logs = logsOf(t);
        const target = await start(
          t,
          { env: 'development', isSecure: false },
          {
            routes: [
              ['/', does, (ws) => ws.on('message', (data) => ws.send(data))],
              ['/next', (req, res, next) => next(), () => {}]
            ]
          }
        );
        const stream = ask(target.session);
        if (isLeft && status === 'accepted') {
          const client = new RawClient(stream);
          client.send(1, 'hello');
          assert.equal((await client.frame()).payload.toString(), 'hello');
        } else if (isLeft) {
          assert.equal((await answer(stream)).status, status);
        } else {
          // What was said is lost with the stream now and then: nothing of it is in the kernel yet.
          stream.on('error', () => {}).resume();
          await once(stream, 'close');
        }
        await assertLogs(logs, expected);
        assert.equal((await openRaw(target.session, { ':path': '/next' })).response[':status'], 200);
      });
    }
  });
}

/** Sends a request on a connection of its own, and resolves with all that comes back. */
async function bytesOf(t, target, text) {
  const client = await RawClient.connect(target.raw);
  t.after(() => client.socket.destroy());
  client.write(text);
  return client.rest();
}
