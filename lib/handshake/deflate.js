'use strict';

// What do the options of permessage-deflate (RFC 7692) mean, and what was agreed on? Both roles negotiate in Rust; here
// the options of ws become what Rust understands, and what was agreed on becomes part of a connection's config.

const zlib = require('zlib');

const extension = require('./extension');
const native = require('../base/native');
const { configWith } = require('../base/options');

/** The name of the extension. */
const NAME = 'permessage-deflate';

/** ws's default: shorter messages are not compressed where nothing is remembered between messages. */
const THRESHOLD = 1024;

/** The level where none is named: zlib's 6 costs four times the time for two thirds of the bytes. */
const LEVEL = 1;
/** zlib's default, and the least window there is a compressor for. */
const MEM_LEVEL = 8;
const COMPRESSOR_BITS = 9;
/** What zlib calls its own level, and the largest window there is. */
const OWN_LEVEL = 6;
const MOST_BITS = 15;

/** How many agreements are kept for sharing: a peer chooses among 256 for each set of options. */
const KEPT_AGREEMENTS = 1024;

/** The agreements in use. */
const agreements = new Map();

/**
 * Tells what a client sends as `Sec-WebSocket-Extensions`.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @return {String} The value of the header
 * @private
 */
function offer(options) {
  return native.offerDeflate(wishes(options));
}

/**
 * Chooses among the offers of a client.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @param {String} header The client's `Sec-WebSocket-Extensions`
 * @return {?Object} What was agreed on, `null` if compression was not offered
 * @throws {Error} If what was offered cannot be accepted
 * @private
 */
function acceptOffers(options, header) {
  const asked = wishes(options);

  // No compressor keeps to 256 bytes: what is promised is the least that can be kept.
  if (asked.serverMaxWindowBits === 8) asked.serverMaxWindowBits = COMPRESSOR_BITS;

  const agreed = native.acceptDeflateOffers(asked, header);

  return agreed === null ? null : agreement(options, agreed);
}

/**
 * Looks at a server's answer to `offer()`.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @param {String} header The server's `Sec-WebSocket-Extensions`
 * @return {Object} What was agreed on
 * @throws {Error} If the answer is not to be accepted
 * @private
 */
function acceptResponse(options, header) {
  return agreement(options, native.acceptDeflateResponse(wishes(options), header));
}

/**
 * Tells what somebody else has agreed on with a `PerMessageDeflate`, ours or that of ws.
 *
 * @param {(PerMessageDeflate|undefined)} end The end of the extension
 * @return {?Object} As `acceptResponse()`; `null` if nothing was
 * @private
 */
function agreementOf(end) {
  if (!end?.params) return null;

  return agreement(end._options ?? {}, extension.format({ [NAME]: [end.params] }));
}

/**
 * Has a WebSocket do what was agreed on, before it is attached to a channel.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {?Object} agreed What `acceptOffers()` or `acceptResponse()` returned
 * @private
 */
function use(ws, agreed) {
  if (agreed !== null) ws._$config = configWith(ws._$config, { deflate: agreed });
}

/**
 * Refuses option values that no handshake or no message could use.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @throws {(RangeError|TypeError)} If there is one
 * @private
 */
function check(options) {
  if (!options) return;

  wishes(options);
  checkSettings(zlib.createDeflateRaw, options.zlibDeflateOptions);
  checkSettings(zlib.createInflateRaw, options.zlibInflateOptions);
}

module.exports = { NAME, acceptOffers, acceptResponse, agreementOf, check, offer, use };

/**
 * Brings the options that are negotiated into the form Rust understands.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @return {Object} What is wanted
 * @throws {RangeError} If a window has a size there is none of
 * @private
 */
function wishes(options) {
  return {
    clientMaxWindowBits: windowOf('clientMaxWindowBits', options.clientMaxWindowBits),
    clientNoContextTakeover: flagOf(options.clientNoContextTakeover),
    serverMaxWindowBits: windowOf('serverMaxWindowBits', options.serverMaxWindowBits),
    serverNoContextTakeover: flagOf(options.serverNoContextTakeover)
  };
}

/**
 * Has zlib refuse settings that are none, as ws does with the first message. Nothing is allocated before there is one.
 *
 * @param {Function} create Makes a stream of zlib
 * @param {?Object} settings Its options
 * @throws {(RangeError|TypeError)} If one of them is refused
 * @private
 */
function checkSettings(create, settings) {
  if (settings) create({ ...settings, windowBits: MOST_BITS }).close();
}

/**
 * Reads a flag: as in ws only `false` itself refuses.
 *
 * @param {*} value The value of the option
 * @return {(Boolean|undefined)} The flag, if there is one
 * @private
 */
function flagOf(value) {
  return value || value === false ? Boolean(value) : undefined;
}

/**
 * Reads a window.
 *
 * @param {String} name The name of the option
 * @param {*} value Its value
 * @return {(Number|undefined)} Its bits; 0 for `false`, 1 for `true`
 * @throws {RangeError} If there is no such window
 * @private
 */
function windowOf(name, value) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return Number(value);
  if (Number.isInteger(value) && value >= 8 && value <= 15) return value;

  throw new RangeError(`The "${name}" option must be a boolean or an integer from 8 to 15`);
}

/**
 * The agreement of these parameters under these options: equal ones are the same object.
 *
 * @param {(Boolean|Object)} options The option `perMessageDeflate`
 * @param {String} agreed The parameters
 * @return {Object} The agreement, frozen
 * @private
 */
function agreement({ threshold, zlibDeflateOptions }, agreed) {
  const { level, memLevel, strategy } = zlibDeflateOptions ?? {};
  const fresh = {
    agreed,
    level: level === zlib.constants.Z_DEFAULT_COMPRESSION ? OWN_LEVEL : setting(level, 0, 9, LEVEL),
    memLevel: setting(memLevel, 1, 9, MEM_LEVEL),
    strategy: setting(strategy, 0, 4, 0),
    threshold: threshold === undefined ? THRESHOLD : Math.max(0, Number(threshold) || 0)
  };
  const key = Object.values(fresh).join();
  const known = agreements.get(key);

  if (known !== undefined) return known;
  if (agreements.size >= KEPT_AGREEMENTS) agreements.clear();

  agreements.set(key, Object.freeze(fresh));
  return fresh;
}

/**
 * Reads a setting of zlib.
 *
 * @param {*} value The value of the option
 * @param {Number} least The least there is
 * @param {Number} most The most there is
 * @param {Number} none What stands for an absent or unusable value
 * @return {Number} The setting
 * @private
 */
function setting(value, least, most, none) {
  return Number.isFinite(value) && value >= least && value <= most ? Math.trunc(value) : none;
}
