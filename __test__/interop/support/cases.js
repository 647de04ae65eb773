'use strict';

// What has to work between any two WebSockets? Each case gets both ends of a fresh connection; `from` and `to` in its name
// say which end acts, seen from the foreign one.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');

const MIB = 1024 * 1024;

/** Around the lengths at which a frame's header grows. */
const SIZES = [0, 1, 125, 126, 127, 65535, 65536];

const text = (string) => Buffer.from(string);

/** Characters of one to four bytes, and what some programs take for the end of a string or a line. */
const TEXTS = ['', 'plain', 'äöü ß', '世界', '🎈🎈', 'a\0b', 'one\ntwo\r\n', ...SIZES.map((size) => 'x'.repeat(size))];

/** Codes and reasons; browsers have no others to give. */
const CLOSES = [
  [1000, ''],
  [3000, ''],
  [4001, 'good bye, ü']
];

/** A megabyte of characters that need three bytes, so that fragments and chunks cut through them. */
const LONG_TEXT = text('世界'.repeat(Math.ceil(MIB / 6)).slice(0, Math.floor(MIB / 3)));

/** Compresses well, and better with a context than without; above everybody's threshold. */
const JSON_LIKE = text(
  JSON.stringify(Array.from({ length: 60 }, (_, id) => ({ id, name: `name ${id}`, isOpen: true })))
);

/**
 * Sends messages from one end and compares what comes out at the other.
 *
 * @param {Side} from The end that sends
 * @param {Side} to The other
 * @param {Array} messages Each as the arguments of `send()`
 * @return {Promise<void>}
 * @private
 */
async function deliver(from, to, messages) {
  for (const message of messages) from.send(...message);
  for (const [kind, ...parts] of messages) {
    const received = await to.next('message');
    const expected = Buffer.concat(parts);

    assert.equal(received.kind, kind);
    assert.equal(received.data.length, expected.length);
    // Not deepEqual: nobody wants to read the difference of two megabytes.
    assert.ok(received.data.equals(expected), `${kind} of ${expected.length} bytes differs`);
  }
}

/**
 * Sends the same messages in both directions.
 *
 * @param {Object} pair `{ ours, theirs }`
 * @param {Array} messages As for `deliver()`
 * @return {Promise<void>}
 * @private
 */
async function exchange({ ours, theirs }, messages) {
  await deliver(ours, theirs, messages);
  await deliver(theirs, ours, messages);
}

/**
 * Messages in fragments: short ones, empty ones, a character in three of them, long ones. What cuts messages by itself,
 * where its buffer is full, is given the long ones to cut.
 *
 * @return {Array} As for `deliver()`
 * @private
 */
function fragmented() {
  const balloon = text('🎈');

  return [
    ['text', text('one '), text('two '), text('three')],
    ['text', text(''), text('a'), text('')],
    ['text', balloon.subarray(0, 1), balloon.subarray(1, 3), balloon.subarray(3)],
    ['binary', Buffer.from([0]), Buffer.from([255])],
    ['binary', randomBytes(9000), randomBytes(20_000), randomBytes(70_000)],
    ['text', LONG_TEXT.subarray(0, 10_000), LONG_TEXT.subarray(10_000, 99_999)]
  ];
}

/**
 * Pings from one end.
 *
 * @param {Side} from The end that pings
 * @return {Promise<void>}
 * @private
 */
async function ping(from) {
  for (const data of [text('are you there?'), randomBytes(125)]) {
    from.ping(data);

    const pong = await from.next('pong');

    if (pong.data !== undefined) assert.deepEqual(pong.data, data);
  }
}

/**
 * Closes a connection from one end.
 *
 * @param {Object} pair `{ ours, theirs }`
 * @param {Side} from The end that closes
 * @param {Number} [code] The status code
 * @param {String} [reason] The reason
 * @return {Promise<void>}
 * @private
 */
async function close({ ours, theirs }, from, code, reason = '') {
  const to = from === ours ? theirs : ours;

  if (code === undefined) from.close();
  else from.close(code, reason);

  const [there, here] = await Promise.all([to.next('close'), from.next('close')]);

  if (there.code !== null) assert.deepEqual({ code: there.code, reason: there.reason }, { code: code ?? 1005, reason });
  // Some answer with what they got, some without the reason, some with 1000; ours is that of ws. Not all tell of it.
  if (from === theirs && here.code !== null) assert.equal(here.code, code ?? 1005);
}

/**
 * Do compressed messages arrive, and were they compressed?
 *
 * @param {Function} connect Makes a pair
 * @return {Promise<void>}
 * @private
 */
async function compressed(connect) {
  const messages = [
    ...Array.from({ length: 5 }, () => ['text', JSON_LIKE]),
    ['binary', randomBytes(MIB)],
    ['text', text('short')],
    ['text', LONG_TEXT],
    ['binary', JSON_LIKE]
  ];
  const bare = { serverNoContextTakeover: true, clientNoContextTakeover: true };

  for (const deflate of [{}, bare]) {
    const { ours, theirs, opened, wire, isServer, compresses } = await connect({ deflate, isTapped: true });
    const [received, sent] = isServer ? [wire.toServer, wire.toClient] : [wire.toClient, wire.toServer];

    assert.match(ours.ws.extensions, /^permessage-deflate/);
    if (opened.extensions !== undefined) assert.match(opened.extensions, /permessage-deflate/);
    await exchange({ ours, theirs }, messages);
    assert.ok(received.compressed > 5, `it received ${received.compressed} compressed messages`);
    if (compresses) assert.ok(sent.compressed > 5, `it sent ${sent.compressed} compressed messages`);
    await close({ ours, theirs }, ours, 1000);
  }
}

/** Name of the case, and what it does with a function that makes pairs of connected ends. */
const CASES = {
  async handshake(connect) {
    const { ours, opened } = await connect();

    assert.equal(ours.ws.protocol, '');
    assert.equal(opened.protocol ?? '', '');
  },

  async subprotocol(connect) {
    const { ours, opened } = await connect({ protocols: ['first.example', 'second.example'] });

    assert.equal(ours.ws.protocol, 'second.example');
    if (opened.protocol !== undefined) assert.equal(opened.protocol, 'second.example');
  },

  async text(connect) {
    const messages = TEXTS.map((string) => ['text', text(string)]);

    await exchange(await connect(), messages);
  },

  async binary(connect) {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

    await exchange(await connect(), [['binary', all], ...SIZES.map((size) => ['binary', randomBytes(size)])]);
  },

  async '1 MiB'(connect) {
    await exchange(await connect(), [
      ['binary', randomBytes(MIB)],
      ['text', LONG_TEXT],
      ['text', text('x'.repeat(MIB))]
    ]);
  },

  async 'fragments to'(connect) {
    const { ours, theirs } = await connect();

    await deliver(ours, theirs, fragmented());
  },

  async 'fragments from'(connect) {
    const { ours, theirs, wire, isServer } = await connect({ isTapped: true });

    await deliver(theirs, ours, fragmented());
    assert.ok((isServer ? wire.toClient : wire.toServer).mostFragments > 1);
  },

  compressed,

  async 'ping to'(connect) {
    const { ours } = await connect();

    await ping(ours);
  },

  async 'ping from'(connect) {
    const { theirs } = await connect();

    await ping(theirs);
  },

  async 'close to'(connect) {
    for (const args of [...CLOSES, []]) {
      const pair = await connect();

      await close(pair, pair.ours, ...args);
    }
  },

  async 'close from'(connect) {
    // Some can close in one way only, which was chosen when they started.
    for (let at = 0, closes = CLOSES; at < closes.length; at++) {
      const pair = await connect();

      closes = pair.closes ?? CLOSES;
      await close(pair, pair.theirs, ...closes[at]);
    }
  },

  async 'bare close'(connect) {
    const pair = await connect();

    await close(pair, pair.theirs);
  }
};

module.exports = { CASES, deliver, text };
