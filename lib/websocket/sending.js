'use strict';

// What happens to the arguments of `send()`, `ping()` and `pong()`? They are sorted out as ws does, checked against the
// state of the WebSocket and its backpressure limit, and end as one frame in the outbox.

const { format } = require('util');

const backpressure = require('./backpressure');
const outbox = require('./outbox');
const { lengthOf, payloadOf } = require('../codec/payload');
const { BINARY, CONNECTING, EMPTY_BUFFER, OPEN, TEXT } = require('../base/constants');

/**
 * Sends a message whatever its type and options are.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {*} data The message
 * @param {(Object|Function)} [options] The options, or the callback
 * @param {Function} [cb] The callback
 * @private
 */
function sendMessage(ws, data, options, cb) {
  if (typeof options === 'function') {
    cb = options;
    options = undefined;
  }

  data = checkSend(ws, data, cb);
  if (data === undefined) return;

  let opcode = typeof data === 'string' ? TEXT : BINARY;
  let fin = true;
  let mask = !ws._$config.isServer;
  let isPlain = false;

  // Text is no options, and tolerated: some pass an encoding.
  if (typeof options === 'object' && options !== null) {
    if ('binary' in options) opcode = options.binary ? BINARY : TEXT;
    if ('fin' in options) fin = Boolean(options.fin);
    if ('mask' in options) mask = Boolean(options.mask);
    if ('compress' in options) isPlain = !options.compress;
  }

  const payload = payloadOf(data);

  checkCallback(cb);
  if (!backpressure.admits(ws, cb)) return;
  outbox.post(ws, payload, opcode, fin, mask, cb, isPlain);
}

/**
 * Sends a ping or a pong.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Number} opcode `PING` or `PONG`
 * @param {*} [data] The payload, or the callback
 * @param {(Boolean|Function)} [mask] Whether to mask it, or the callback
 * @param {Function} [cb] The callback
 * @private
 */
function sendControl(ws, opcode, data, mask, cb) {
  if (typeof data === 'function') {
    cb = data;
    data = mask = undefined;
  } else if (typeof mask === 'function') {
    cb = mask;
    mask = undefined;
  }

  data = checkSend(ws, data, cb);
  if (data === undefined) return;

  const payload = payloadOf(data);

  if (lengthOf(payload) > 125) {
    throw new RangeError('The data size must not be greater than 125 bytes');
  }

  checkCallback(cb);

  outbox.post(ws, payload, opcode, true, mask === undefined ? !ws._$config.isServer : Boolean(mask), cb);
}

module.exports = { sendControl, sendMessage };

/**
 * Checks whether something may be sent, and deals with it when not.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {*} data The data
 * @param {Function} [cb] The callback
 * @return {*} What to send, `undefined` when nothing may be sent any more
 * @private
 */
function checkSend(ws, data, cb) {
  if (ws._readyState === CONNECTING) {
    throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
  }

  if (typeof data === 'number') data = data.toString();
  if (ws._readyState === OPEN) return data || (data === '' ? '' : EMPTY_BUFFER);

  outbox.refuse(ws, data, cb);
  return undefined;
}

/**
 * Refuses a callback that is none, as a stream does: it takes what is no function for the name of an encoding.
 *
 * @param {*} cb The callback
 * @throws {TypeError} If it is neither
 * @private
 */
function checkCallback(cb) {
  if (!cb || typeof cb === 'function' || cb === 'buffer' || Buffer.isEncoding(cb)) return;

  const err = new TypeError(format('Unknown encoding: %s', cb));

  err.code = 'ERR_UNKNOWN_ENCODING';
  throw err;
}
