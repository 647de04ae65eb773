'use strict';

// Does Upshift answer curl as it asks? curl knows HTTP only: it sends a handshake, and shows what comes back as it is.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const { serve } = require('../support/serve');
const { CASES } = require('./support/cases');
const { impossible, possible } = require('./support/report');

const run = promisify(execFile);

/** The example of RFC 6455, section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const FIELDS = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': KEY
};

/**
 * Asks a server of ours for a WebSocket on which it says hello and hangs up.
 *
 * @param {TestContext} t The test
 * @param {Object} [fields] Other header fields
 * @param {Object} [options] Options of the server
 * @return {Promise<Object>} `{ head, body, version }`
 */
async function ask(t, fields = {}, options = {}) {
  const { port, wss } = await serve(t, options);

  wss.on('connection', (ws) => ws.send('hello', () => ws.terminate()));

  const headers = Object.entries({ ...FIELDS, ...fields }).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['--silent', '--include', '--http1.1', '--noproxy', '*', '--max-time', '20', ...headers];
  const { stdout } = await run('curl', [...args, `http://127.0.0.1:${port}/`], { encoding: 'latin1' });
  const end = stdout.indexOf('\r\n\r\n');
  const { stdout: version } = await run('curl', ['--version']);

  return { head: stdout.slice(0, end), body: stdout.slice(end + 4), version: version.split(' ', 2).join(' ') };
}

const HANDSHAKES = {
  async handshake(t) {
    const { head, body, version } = await ask(t);

    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.ok(head.includes(`\r\nSec-WebSocket-Accept: ${ACCEPT}`), head);
    assert.equal(body, '\x81\x05hello');

    assert.match((await ask(t, { 'Sec-WebSocket-Key': 'too short' })).head, /^HTTP\/1\.1 400 /);
    return version;
  },

  async subprotocol(t) {
    const fields = { 'Sec-WebSocket-Protocol': 'first.example, second.example' };
    const { head, version } = await ask(t, fields, { handleProtocols: () => 'second.example' });

    assert.match(head, /\r\nSec-WebSocket-Protocol: second\.example(\r|$)/);
    return version;
  },

  async compressed(t) {
    const fields = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const { head, version } = await ask(t, fields, { perMessageDeflate: true });

    assert.match(head, /\r\nSec-WebSocket-Extensions: permessage-deflate/);
    return version;
  }
};

for (const name of Object.keys(CASES)) {
  const cell = { peer: 'curl', role: 'client', name };

  if (HANDSHAKES[name] === undefined) impossible(cell, 'curl takes part in the handshake only');
  else possible(cell, HANDSHAKES[name]);
}
