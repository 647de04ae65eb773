'use strict';

// Which compression does a client offer, and which answers does it take?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { RSV1, pack, unpack } = require('../../support/compression');
const { ownAddition } = require('../../support/implementation');
const { answer, clientPair, rawServer } = require('../../support/raw-server');
const { record } = require('../../support/serve');

const NAME = 'permessage-deflate';
const TEXT = 'a text that is not very long, and quite unlike itself';

/** What each value of `perMessageDeflate` offers. */
const OFFERS = [
  [undefined, `${NAME}; client_max_window_bits`],
  [true, `${NAME}; client_max_window_bits`],
  [{}, `${NAME}; client_max_window_bits`],
  [{ threshold: 5 }, `${NAME}; client_max_window_bits`],
  [false, undefined],
  [{ serverNoContextTakeover: true }, `${NAME}; server_no_context_takeover; client_max_window_bits`],
  [{ clientNoContextTakeover: true }, `${NAME}; client_no_context_takeover; client_max_window_bits`],
  [{ serverNoContextTakeover: false, clientNoContextTakeover: false }, `${NAME}; client_max_window_bits`],
  [{ serverMaxWindowBits: 10 }, `${NAME}; server_max_window_bits=10; client_max_window_bits`],
  [{ clientMaxWindowBits: 12 }, `${NAME}; client_max_window_bits=12`],
  [{ clientMaxWindowBits: true }, `${NAME}; client_max_window_bits`],
  [{ clientMaxWindowBits: false }, NAME],
  [
    { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
    `${NAME}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9`
  ]
];

const INVALID = 'Invalid Sec-WebSocket-Extensions header';
const OTHER = 'Server indicated an extension that was not requested';

/** The answers that are refused: `perMessageDeflate`, the answer, what the client says, options of the test. */
const REFUSED = [
  [true, 'x-other', OTHER],
  [true, 'Permessage-Deflate', OTHER],
  [true, `${NAME}, x-other`, OTHER],
  [true, '', INVALID],
  [true, `${NAME};;`, INVALID],
  [true, `${NAME}; a`, INVALID],
  [true, `${NAME}, ${NAME}`, INVALID, ownAddition],
  [true, `${NAME}; server_max_window_bits`, INVALID],
  [true, `${NAME}; server_max_window_bits=7`, INVALID],
  [true, `${NAME}; server_max_window_bits=16`, INVALID],
  [true, `${NAME}; server_max_window_bits=1000000000000`, INVALID],
  [true, `${NAME}; server_max_window_bits=10; server_max_window_bits=10`, INVALID],
  [true, `${NAME}; client_max_window_bits`, INVALID],
  [true, `${NAME}; client_max_window_bits=7`, INVALID],
  [true, `${NAME}; client_max_window_bits=16`, INVALID],
  [true, `${NAME}; server_no_context_takeover=1`, INVALID],
  [true, `${NAME}; client_no_context_takeover; client_no_context_takeover`, INVALID],
  [{ clientMaxWindowBits: 10 }, `${NAME}; client_max_window_bits=11`, INVALID],
  [{ clientMaxWindowBits: false }, `${NAME}; client_max_window_bits=10`, INVALID],
  [{ clientNoContextTakeover: false }, `${NAME}; client_no_context_takeover`, INVALID],
  [false, NAME, 'Server sent a Sec-WebSocket-Extensions header but no extension was requested']
];

/** The answers that are taken, whatever was asked for. */
const ACCEPTED = [
  [true, NAME],
  [true, `${NAME}; server_no_context_takeover; client_no_context_takeover`],
  [true, `${NAME}; server_max_window_bits=9; client_max_window_bits=15`],
  [true, `${NAME};server_max_window_bits="10"`],
  [{ serverMaxWindowBits: 10 }, `${NAME}; server_max_window_bits=15`],
  [{ serverMaxWindowBits: 10 }, NAME],
  [{ serverNoContextTakeover: true }, NAME],
  [{ clientMaxWindowBits: 10 }, `${NAME}; client_max_window_bits=9`]
];

describe('a client', () => {
  for (const [perMessageDeflate, offered] of OFFERS) {
    test(`offers ${offered} with ${JSON.stringify(perMessageDeflate)}`, async (t) => {
      const { next, url } = await rawServer(t);
      const socket = connect(url, perMessageDeflate === undefined ? {} : { perMessageDeflate });

      t.after(() => socket.terminate());

      const [{ headers }] = await Promise.all([answer(await next()), once(socket, 'open')]);

      assert.equal(headers['sec-websocket-extensions'], offered);
      assert.equal(socket.extensions, '');
    });
  }

  for (const [perMessageDeflate, extensions, message, where = {}] of REFUSED) {
    test(`refuses ${JSON.stringify(extensions)} with ${JSON.stringify(perMessageDeflate)}`, where, async (t) => {
      const { next, url } = await rawServer(t);
      const socket = connect(url, { perMessageDeflate });
      const events = record(socket, ['open', 'error', 'close']);
      const closed = new Promise((resolve) => socket.on('close', resolve));
      const peer = await next();

      await answer(peer, { headers: { 'Sec-WebSocket-Extensions': extensions } });
      await closed;
      assert.deepEqual(
        events.map(([name, first]) => [name, first.message ?? first]),
        [
          ['error', message],
          ['close', 1006]
        ]
      );
      assert.equal(events[0][1].constructor, Error);
      assert.equal(socket.extensions, '');
      await peer.closed;
    });
  }

  for (const [perMessageDeflate, extensions] of ACCEPTED) {
    test(`accepts ${JSON.stringify(extensions)} with ${JSON.stringify(perMessageDeflate)}`, async (t) => {
      const edits = { headers: { 'Sec-WebSocket-Extensions': extensions } };
      const { peer, socket } = await clientPair(t, { perMessageDeflate }, edits);

      assert.equal(socket.extensions, NAME);
      socket.send(TEXT.repeat(50));

      const { payload, rsv } = await peer.frame();

      assert.equal(rsv, RSV1);
      assert.equal(unpack(payload).toString(), TEXT.repeat(50));
    });
  }

  test('offers again after a redirect, and compresses then', async (t) => {
    const { next, url } = await rawServer(t);
    const socket = connect(url, { followRedirects: true });
    const away = { status: '302 Found', headers: { Connection: null, Location: '/there', Upgrade: null } };

    t.after(() => socket.terminate());

    const first = await answer(await next(), away);
    const peer = await next();
    const agreed = { headers: { 'Sec-WebSocket-Extensions': NAME } };
    const [second] = await Promise.all([answer(peer, agreed), once(socket, 'open')]);

    for (const { headers } of [first, second]) {
      assert.equal(headers['sec-websocket-extensions'], `${NAME}; client_max_window_bits`);
    }

    socket.send(TEXT);

    const { payload, rsv } = await peer.frame();

    assert.equal(rsv, RSV1);
    assert.equal(unpack(payload).toString(), TEXT);
    peer.send(1, pack('back'), { mask: false, rsv: RSV1 });
    assert.equal((await once(socket, 'message'))[0].toString(), 'back');
  });
});
