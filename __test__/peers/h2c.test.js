'use strict';

// Do the programs that ask for HTTP/2 without TLS get it? curl and nghttp, after an upgrade and with prior knowledge, with
// bodies, with several requests on a session; and curl without any of it on the same port.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { createHash, randomBytes } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');

const ws = require('ws');

const { createUpgradeRouter } = require('../..');
const { listening } = require('../router/support');
const { withH2c } = require('../h2c/support');

const run = promisify(execFile);

/** The most that a program may take. */
const PATIENCE = { timeout: 30_000 };

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-h2c-'));
const file = path.join(folder, 'body');
const body = randomBytes(1_000_000);
const digest = createHash('sha256').update(body).digest('hex');

before(() => fs.writeFileSync(file, body));
after(() => fs.rmSync(folder, { recursive: true }));

/**
 * Answers with what came, in a line.
 *
 * @param {Http2ServerRequest} req The request
 * @param {Http2ServerResponse} res The response
 */
async function summarise(req, res) {
  const hash = createHash('sha256');
  let length = 0;

  for await (const chunk of req) {
    hash.update(chunk);
    length += chunk.length;
  }

  res.end(`${req.httpVersion} ${req.method} ${req.url} ${length} ${length > 0 ? hash.digest('hex') : '-'}\n`);
}

/**
 * Runs a program against a server of ours.
 *
 * @param {TestContext} t The test
 * @param {String} program The program
 * @param {Function} args Makes its arguments of the address
 * @return {Promise<Object>} `{ lines, sessions }`
 */
async function answers(t, program, args) {
  const { port, sessions } = await withH2c(t, { handler: summarise });
  const { stdout } = await run(program, args(`http://127.0.0.1:${port}`), PATIENCE);

  return { lines: stdout.trim().split('\n').sort(), sessions };
}

const WAYS = ['--http2', '--http2-prior-knowledge'];

test('curl --http2: several requests on a session', async (t) => {
  const { lines, sessions } = await answers(t, 'curl', (url) => ['-sS', '--http2', `${url}/a`, `${url}/b`, `${url}/c`]);

  assert.deepEqual(lines, ['2.0 GET /a 0 -', '2.0 GET /b 0 -', '2.0 GET /c 0 -']);
  assert.equal(sessions.length, 1);
});

// One: curl 7.88 breaks such a connection with the second, whatever the server; nghttp below makes several.
test('curl --http2-prior-knowledge: a request', async (t) => {
  const { lines } = await answers(t, 'curl', (url) => ['-sS', '--http2-prior-knowledge', `${url}/a`]);

  assert.deepEqual(lines, ['2.0 GET /a 0 -']);
});

for (const way of WAYS) {
  for (const [name, more] of [
    ['', []],
    [' in chunks', ['-H', 'Transfer-Encoding: chunked']],
    [', expecting a 100', ['-H', 'Expect: 100-continue']],
    [' that is a PUT', ['-X', 'PUT']]
  ]) {
    test(`curl ${way}: a body of a megabyte${name}`, async (t) => {
      const method = more.includes('PUT') ? 'PUT' : 'POST';
      const { lines } = await answers(t, 'curl', (url) => [
        '-sS',
        way,
        ...more,
        '--data-binary',
        `@${file}`,
        `${url}/x`
      ]);

      assert.deepEqual(lines, [`2.0 ${method} /x 1000000 ${digest}`]);
    });
  }
}

test('curl --http2: a body above the limit is answered as HTTP/1.1', async (t) => {
  const { port } = await withH2c(t, { handler: summarise, options: { maxUpgradeBody: 999_999 } });

  for (const more of [[], ['-H', 'Transfer-Encoding: chunked']]) {
    const args = ['-sS', '--http2', ...more, '--data-binary', `@${file}`, '-w', ' %{http_version}'];
    const { stdout } = await run('curl', [...args, `http://127.0.0.1:${port}/x`], PATIENCE);

    assert.match(stdout, /"length":1000000.* 1\.1$/);
  }
});

test('curl --http1.1 on the same port', async (t) => {
  const { port } = await withH2c(t);
  const { stdout } = await run('curl', ['-sS', '--http1.1', `http://127.0.0.1:${port}/x`], PATIENCE);

  assert.equal(JSON.parse(stdout).url, '/x');
});

for (const way of [['-u'], []]) {
  test(`nghttp ${way.join(' ')}: several requests on a session`, async (t) => {
    const { lines, sessions } = await answers(t, 'nghttp', (url) => [...way, `${url}/a`, `${url}/b`, `${url}/c`]);

    assert.deepEqual(lines, ['2.0 GET /a 0 -', '2.0 GET /b 0 -', '2.0 GET /c 0 -']);
    assert.equal(sessions.length, 1);
  });

  test(`nghttp ${way.join(' ')}: bodies of a megabyte`, async (t) => {
    const { lines } = await answers(t, 'nghttp', (url) => [...way, '-d', file, `${url}/a`, `${url}/b`]);

    assert.deepEqual(lines, [`2.0 POST /a 1000000 ${digest}`, `2.0 POST /b 1000000 ${digest}`]);
  });
}

test('curl without a route to HTTP/2, beside a WebSocketServer of ws: HTTP/1.1, on one connection', async (t) => {
  const server = http.createServer(summarise);

  new ws.WebSocketServer({ path: '/theirs', server });
  createUpgradeRouter(server).websocket('/ours', () => {});

  const url = `http://127.0.0.1:${await listening(t, server)}`;
  const upload = ['-sS', '--http2', '--data-binary', `@${file}`, '-w', '%{num_connects}\n', `${url}/a`, `${url}/b`];
  const { stdout } = await run('curl', upload, PATIENCE);

  assert.deepEqual(stdout.trim().split('\n'), [
    `1.1 POST /a 1000000 ${digest}`,
    '1',
    `1.1 POST /b 1000000 ${digest}`,
    '0'
  ]);
});
