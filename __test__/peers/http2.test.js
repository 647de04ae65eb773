'use strict';

// Does a browser open WebSockets over HTTP/2? Chromium does, on the session that has brought the page, when the server's
// SETTINGS allow it (RFC 8441). Each test makes sure that it was HTTP/2, and the same connection.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const { chromium } = require('playwright-core');

const { CHROMIUM, CHROMIUM_FLAGS } = require('../../scripts/peer-programs');
const { WebSocket, WebSocketServer } = require('../support/implementation');
const { listen } = require('../http2/support');

let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
});

after(() => browser.close());

/** A page that an HTTP/2 server has brought, and that server. */
async function pageOf(t, prepare) {
  const running = await listen(t, { secure: true, allowHTTP1: true });
  const requests = [];

  prepare(running);
  running.server.on('request', (req, res) => {
    requests.push(req.httpVersion);
    res.setHeader('Content-Type', 'text/html');
    res.end('<!doctype html><title>WebSocket over HTTP/2</title>');
  });

  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();

  t.after(() => context.close());
  await page.goto(`https://localhost:${running.port}/`);
  return { ...running, page, requests };
}

/** Opens a WebSocket in the page, sends some messages, and tells what came of it. */
function talk(page, path, protocols, messages) {
  return page.evaluate(
    async ([where, offered, texts]) => {
      const ws = new WebSocket(`wss://${location.host}${where}`, offered);
      const got = [];

      return new Promise((resolve) => {
        ws.onopen = () => texts.forEach((text) => ws.send(text));
        ws.onmessage = ({ data }) => {
          got.push(data);
          if (got.length === texts.length) ws.close(4001, 'enough');
        };
        ws.onclose = ({ code, reason, wasClean }) => {
          resolve({ code, reason, wasClean, got, protocol: ws.protocol, extensions: ws.extensions });
        };
      });
    },
    [path, protocols, messages]
  );
}

test('Chromium echoes over HTTP/2, compressed, with a subprotocol, on the connection of the page', async (t) => {
  const requests = [];
  let left;
  const gone = new Promise((resolve) => (left = resolve));
  const {
    page,
    sessions,
    requests: plain
  } = await pageOf(t, ({ server }) => {
    const wss = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 }, path: '/chat' });

    t.after(() => wss.close());
    wss.on('connection', (socket, req) => {
      requests.push([req.httpVersion, req.method, req.url, req.socket.encrypted, req.socket.alpnProtocol]);
      socket.on('message', (data) => socket.send(String(data)));
      socket.on('close', (code, reason) => left([code, reason.toString()]));
    });
  });
  const long = 'x'.repeat(300_000);
  const told = await talk(page, '/chat?a=b', ['v1', 'v2'], ['one', 'two', long]);

  assert.deepEqual(told.got, ['one', 'two', long]);
  assert.deepEqual([told.code, told.reason, told.wasClean], [4001, 'enough', true]);
  assert.deepEqual([told.protocol, told.extensions], ['v1', 'permessage-deflate']);
  assert.deepEqual(requests, [['2.0', 'GET', '/chat?a=b', true, 'h2']]);
  assert.deepEqual(await gone, [4001, 'enough']);
  assert.ok(plain.every((version) => version === '2.0'));
  assert.equal(sessions.length, 1, 'one connection for the page and the WebSocket');
});

test('Chromium sees the code of the server, an abrupt end, and a refusal', async (t) => {
  const versions = [];
  const { page, sessions } = await pageOf(t, ({ server }) => {
    const router = WebSocket.createUpgradeRouter(server);

    t.after(() => router.close());
    router.websocket('/end/:how', (socket, req, { params }) => {
      versions.push(req.httpVersion);
      if (params.how === 'close') socket.close(4002, 'bye');
      else socket.terminate();
    });
    router.websocket('/never', { authenticate: () => Promise.reject(new WebSocket.HttpError(403)) }, () => {});
  });
  const outcomes = [];

  for (const path of ['/end/close', '/end/terminate', '/never']) {
    const { code, reason, wasClean } = await talk(page, path, [], ['x']);

    outcomes.push([code, reason, wasClean]);
  }

  assert.deepEqual(outcomes, [
    [4002, 'bye', true],
    [1006, '', false],
    [1006, '', false]
  ]);
  assert.deepEqual(versions, ['2.0', '2.0']);
  assert.equal(sessions.length, 1);
});

test('a reload of the page is a RST_STREAM, so 1006 here where HTTP/1.1 has 1001', async (t) => {
  let left;
  const gone = new Promise((resolve) => (left = resolve));
  const { page } = await pageOf(t, ({ server }) => {
    const wss = new WebSocketServer({ server });

    t.after(() => wss.close());
    wss.on('connection', (socket, req) => {
      assert.equal(req.httpVersion, '2.0');
      socket.on('close', left);
      socket.send('hello');
    });
  });

  await page.evaluate(
    () =>
      new Promise((resolve) => {
        window.ws = new WebSocket(`wss://${location.host}/`);
        window.ws.onmessage = resolve;
      })
  );
  await page.reload();
  assert.equal(await gone, 1006);
});
