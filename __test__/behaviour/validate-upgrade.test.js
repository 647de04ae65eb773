'use strict';

// What does `validateUpgrade()` tell before anything is answered? What `upgrade()` would do with the same options.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { upgrader } = require('../support/upgrader');
const { WebSocket, ownAddition } = require('../support/implementation');

const { HandshakeError, upgrade, validateUpgrade } = WebSocket;

describe('validateUpgrade()', ownAddition, () => {
  const headers = {
    host: 'x',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13'
  };

  test('says what the client offers', () => {
    assert.deepEqual(
      validateUpgrade({
        method: 'GET',
        url: '/',
        httpVersion: '1.1',
        headers: { ...headers, 'sec-websocket-protocol': 'a, b' }
      }),
      { protocol: 'a', protocols: ['a', 'b'], version: 13 }
    );
  });

  test('says what would be agreed on with the same options', () => {
    const req = {
      method: 'GET',
      url: '/',
      httpVersion: '1.1',
      headers: {
        ...headers,
        'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
        'sec-websocket-protocol': 'a, b'
      }
    };
    const all = { protocols: ['a', 'b'], version: 13 };
    const choose = (chosen) => ({
      handleProtocols(protocols, request) {
        assert.deepEqual([[...protocols], request], [['a', 'b'], req]);
        return chosen;
      }
    });

    assert.deepEqual(validateUpgrade(req, {}), { ...all, protocol: 'a' });
    assert.deepEqual(validateUpgrade(req, choose('b')), { ...all, protocol: 'b' });
    assert.deepEqual(validateUpgrade(req, choose(false)), all);
    assert.deepEqual(validateUpgrade(req, { perMessageDeflate: { serverNoContextTakeover: true } }), {
      ...all,
      extensions: 'permessage-deflate; server_no_context_takeover',
      protocol: 'a'
    });
  });

  test('throws what upgrade() would reject with', async (t) => {
    const options = { perMessageDeflate: { clientMaxWindowBits: 10 } };
    const { port, upgraded } = await upgrader(t, options);
    const extensions = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const client = await RawClient.connect(port);

    client.write(RawClient.request({ headers: extensions }));
    assert.match(await client.head(), /^HTTP\/1\.1 400 /);

    const refused = await upgraded.catch((err) => err);
    const req = { method: 'GET', url: '/', httpVersion: '1.1' };

    req.headers = { ...headers, 'sec-websocket-extensions': 'permessage-deflate' };
    assert.ok(refused instanceof HandshakeError);
    assert.deepEqual(validateUpgrade(req), { protocols: [], version: 13 });
    assert.throws(
      () => validateUpgrade(req, options),
      ({ code, headers: more, message, name, status }) => {
        assert.deepEqual(
          { code, headers: more, message, name, status },
          {
            code: refused.code,
            headers: refused.headers,
            message: refused.message,
            name: 'HandshakeError',
            status: 400
          }
        );
        return true;
      }
    );
  });

  test('refuses the options that upgrade() refuses', async () => {
    const req = { method: 'GET', url: '/', httpVersion: '1.1', headers };

    for (const [options, error] of [
      [{ transport: 'pigeon' }, TypeError],
      [{ onBackpressure: 'wait' }, TypeError],
      [{ perMessageDeflate: { serverMaxWindowBits: 7 } }, RangeError],
      [{ headers: { 'X-Y': 'a\r\nb' } }, TypeError]
    ]) {
      assert.throws(() => validateUpgrade(req, options), error);
      await assert.rejects(upgrade(req, null, null, options), error);
    }
  });

  test('prefers the fields as they arrived', () => {
    const rawHeaders = Object.entries(headers).flat();

    assert.deepEqual(validateUpgrade({ method: 'GET', url: '/', httpVersion: '1.1', headers: {}, rawHeaders }), {
      protocols: [],
      version: 13
    });
    assert.throws(
      () =>
        validateUpgrade({
          method: 'GET',
          url: '/',
          httpVersion: '1.1',
          headers,
          rawHeaders: [...rawHeaders, 'Origin', 'a', 'Origin', 'b']
        }),
      { name: 'HandshakeError', status: 400, message: 'Repeated Origin header' }
    );
  });
});
