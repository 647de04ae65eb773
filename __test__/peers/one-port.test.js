'use strict';

// Is one port enough for everything? WebSocket, a protocol of one's own, HTTP/2 after an upgrade and with prior knowledge,
// TLS inside HTTP/1.1, WebSocket over HTTP/2 and plain HTTP: one server, all at the same time, each with the clients that
// people have.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { buffer } = require('node:stream/consumers');
const { once } = require('node:events');
const { promisify } = require('node:util');
const { test } = require('node:test');

const ws = require('ws');
const { chromium } = require('playwright-core');

const { CHROMIUM, CHROMIUM_FLAGS } = require('../../scripts/peer-programs');
const { answerTo, ask } = require('./support/ipp');
const { runJava } = require('./support/java');
const { WebSocket, createUpgradeRouter, requestUpgrade } = require('../..');

const run = promisify(execFile);
const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));

/** How often everything happens at once. */
const ROUNDS = 3;

/** Room for what the programs print. */
const MOST_OUTPUT = 16 * 1024 * 1024;

/** What is uploaded. */
const UPLOAD = Buffer.alloc(1_000_000, 'upload ');

/** Answers every ordinary request: printers with IPP, all others with what they asked and how. */
async function application(req, res) {
  const body = await buffer(req);

  if (req.headers['content-type'] === 'application/ipp') {
    res.setHeader('Content-Type', 'application/ipp');
    res.end(answerTo(body));
    return;
  }

  // ipptool does not read what is in the answer to its OPTIONS.
  if (req.method === 'OPTIONS') {
    res.end();
    return;
  }

  const secure = req.socket.encrypted ? 'inside TLS' : 'in the clear';

  res.setHeader('Content-Type', 'text/plain');
  res.end(`${req.method} ${req.url} HTTP/${req.httpVersion} ${body.length} ${secure}\n`);
}

/** The server of the test: nothing listens but one port. */
async function start(t) {
  const server = http.createServer(application);
  const router = createUpgradeRouter(server);
  const printed = [];

  router.websocket('/rooms/:id', { perMessageDeflate: true }, (socket, req, { params }) => {
    socket.on('message', (data) => socket.send(`${params.id}: ${data}`));
  });
  router.protocol('echo/1', (socket) => socket.pipe(socket));
  router.h2c(application);
  router.tls({ cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') });
  server.on('request', (req) => {
    if (req.method === 'POST' && req.url === '/ipp/print') printed.push(Boolean(req.socket.encrypted));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-one-port-'));
  const upload = path.join(folder, 'upload');

  fs.writeFileSync(upload, UPLOAD);
  t.after(() => {
    fs.rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, printed, router, server, upload };
}

/** Asks with a program that prints the answers. */
async function print(program, ...args) {
  return (await run(program, args, { maxBuffer: MOST_OUTPUT, timeout: 60_000 })).stdout;
}

/** Talks in a room. */
async function talk(Client, port, options) {
  const socket = new Client(`ws://127.0.0.1:${port}/rooms/one`, options);

  await once(socket, 'open');
  for (let i = 0; i < 20; i++) {
    socket.send(`hello ${i}`);
    assert.equal(String((await once(socket, 'message'))[0]), `one: hello ${i}`);
  }
  socket.close(1000);
  assert.equal((await once(socket, 'close'))[0], 1000);
}

/** Talks in a room, on a session that knows that the server speaks HTTP/2. */
async function talkOverHttp2(port) {
  const session = http2.connect(`http://127.0.0.1:${port}`);

  await talk(WebSocket, port, { session });
  session.close();
  await once(session, 'close');
}

/** Loads a page, fetches another, and talks in a room from there. */
async function browse(browser, port) {
  const page = await browser.newPage();

  assert.equal((await page.goto(`http://127.0.0.1:${port}/page`)).status(), 200);

  const seen = await page.evaluate(async () => {
    const answer = await (await fetch('/fetched', { method: 'POST', body: 'body' })).text();
    const socket = new WebSocket(`ws://${location.host}/rooms/one`);
    const messages = [];

    await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send('hello');
      socket.onerror = reject;
      socket.onmessage = ({ data }) => {
        if (messages.push(data) === 20) socket.close(1000);
        else socket.send('hello');
      };
      socket.onclose = resolve;
    });
    return { answer, extensions: socket.extensions, messages };
  });

  await page.close();
  assert.deepEqual(seen, {
    answer: 'POST /fetched HTTP/1.1 4 in the clear\n',
    extensions: 'permessage-deflate',
    messages: Array(20).fill('one: hello')
  });
}

/** Talks in the protocol of one's own. */
async function echo(port) {
  const { stream } = await requestUpgrade(`http://127.0.0.1:${port}/`, { protocol: 'echo/1' });

  stream.end(UPLOAD);
  assert.ok((await buffer(stream)).equals(UPLOAD));
}

/** What each client does, and what has to come of it. */
function clients(t, { browser, port, upload }) {
  const url = `http://127.0.0.1:${port}`;
  const curl = (...args) => print('curl', '-sS', '--max-time', '50', ...args);
  const said = (text, ...expected) => assert.deepEqual(text.trim().split('\n'), expected);
  const size = UPLOAD.length;

  return {
    'curl, HTTP/1.1': async () => {
      said(
        await curl('--http1.1', `${url}/a`, `${url}/b`),
        'GET /a HTTP/1.1 0 in the clear',
        'GET /b HTTP/1.1 0 in the clear'
      );
    },
    'curl --http2': async () => {
      said(
        await curl('--http2', `${url}/a`, `${url}/b`),
        'GET /a HTTP/2.0 0 in the clear',
        'GET /b HTTP/2.0 0 in the clear'
      );
    },
    'curl --http2, with an upload': async () => {
      said(await curl('--http2', '--data-binary', `@${upload}`, `${url}/up`), `POST /up HTTP/2.0 ${size} in the clear`);
    },
    'curl --http2-prior-knowledge': async () => {
      said(await curl('--http2-prior-knowledge', `${url}/a`), 'GET /a HTTP/2.0 0 in the clear');
    },
    'curl, an upgrade that nobody takes': async () => {
      said(
        await curl('-H', 'Connection: Upgrade', '-H', 'Upgrade: unknown/1', '-d', 'body', `${url}/x`),
        'POST /x HTTP/1.1 4 in the clear'
      );
    },
    'nghttp -u': async () => {
      const text = await print('nghttp', '-u', '-t', '50', `${url}/a`, `${url}/b`);

      assert.deepEqual(text.trim().split('\n').sort(), [
        'GET /a HTTP/2.0 0 in the clear',
        'GET /b HTTP/2.0 0 in the clear'
      ]);
    },
    'ipptool -E': async () => assert.match((await ask(t, port, '-E')).stdout, /\[PASS\]/),
    'a WebSocket of ws': () => talk(ws, port),
    'a WebSocket of ours': () => talk(WebSocket, port),
    'a WebSocket of ours over HTTP/2': () => talkOverHttp2(port),
    "Java's HttpClient": async () => {
      assert.deepEqual(await runJava(port, '/rooms/java'), [
        'HTTP_2 200 GET /first HTTP/2.0 0 in the clear',
        'HTTP_2 200 GET /second HTTP/2.0 0 in the clear',
        ...['third', 'post', 'chunks'].map((name) => `HTTP_2 200 POST /${name} HTTP/2.0 1000000 in the clear`),
        'HTTP_1_1 200 POST /plain HTTP/1.1 4 in the clear',
        'WebSocket java: hello'
      ]);
    },
    Chromium: () => browse(browser, port),
    'a protocol of one’s own': () => echo(port)
  };
}

test('one port serves them all at once', async (t) => {
  const running = await start(t);

  running.browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
  t.after(() => running.browser.close());
  for (let round = 0; round < ROUNDS; round++) {
    const all = Object.entries(clients(t, running)).map(([name, work]) =>
      work().catch((err) => {
        throw new Error(`${name}, round ${round}: ${err.message}`, { cause: err });
      })
    );

    await Promise.all(all);
  }
  assert.deepEqual(running.printed, Array(ROUNDS).fill(true), 'printing was encrypted');

  const closed = new Promise((resolve) => running.server.close(resolve));

  await running.router.close();
  running.server.closeAllConnections();
  await closed;
});
