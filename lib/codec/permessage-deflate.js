'use strict';

// How is permessage-deflate had by itself? The class of that name in ws, for those who negotiate and compress messages of
// streams that are no connections of ours: what is agreed on is decided in Rust, as for connections; the compressing is
// done by Node's zlib, on its own threads.

const deflate = require('../handshake/deflate');
const extension = require('../handshake/extension');
const { Codec } = require('./codec');

/** What a sender leaves out at the end of a message (RFC 7692 section 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** zlib's largest window. */
const MOST_BITS = 15;

/**
 * One end of the extension.
 */
class PerMessageDeflate {
  /**
   * Create it.
   *
   * @param {Object} [options] The options of `perMessageDeflate`, and:
   * @param {Boolean} [options.isServer=false] Which end this is
   * @param {Number} [options.maxPayload=0] The maximum size of a message
   */
  constructor(options) {
    this._options = options || {};
    this._threshold = this._options.threshold ?? 1024;
    this._maxPayload = this._options.maxPayload | 0;
    this._isServer = Boolean(this._options.isServer);
    /** What was agreed on. */
    this.params = null;
    this._deflate = null;
    this._inflate = null;
  }

  /**
   * Tells of an agreement as this class does.
   *
   * @param {Object} agreement What `lib/handshake/deflate.js` keeps of it
   * @param {Object} config What a connection keeps of its options
   * @return {PerMessageDeflate} An end that has agreed on it
   * @private
   */
  static of({ agreed, threshold, ...zlibDeflateOptions }, { isServer, maxPayload }) {
    const end = new PerMessageDeflate({ isServer, maxPayload, threshold, zlibDeflateOptions });

    end.params = paramsOf(agreed);
    return end;
  }

  /**
   * The name of the extension.
   *
   * @type {String}
   */
  static get extensionName() {
    return deflate.NAME;
  }

  /**
   * Tells what a client offers.
   *
   * @return {Object} The parameters
   * @public
   */
  offer() {
    return paramsOf(deflate.offer(this._options));
  }

  /**
   * Accepts an offer of a client, or the response of a server.
   *
   * @param {Object[]} configurations What the peer has sent, as `extension.parse()` returns it
   * @return {Object} The parameters agreed on
   * @throws {Error} If nothing can be agreed on
   * @public
   */
  accept(configurations) {
    const agreement = configurations.length === 0 ? null : this._agree(configurations);

    if (agreement === null) throw new Error('None of the extension offers can be accepted');

    this.params = paramsOf(agreement.agreed);
    return this.params;
  }

  /**
   * Lets go of all memory.
   *
   * @public
   */
  cleanup() {
    if (this._inflate !== null) this._inflate.close();
    if (this._deflate !== null) this._deflate.close();
    this._inflate = this._deflate = null;
  }

  /**
   * Compresses a message, or a fragment of one.
   *
   * @param {(Buffer|String)} data The data
   * @param {Boolean} fin Whether it is the last fragment
   * @param {Function} callback Called with an error or the result
   * @public
   */
  compress(data, fin, callback) {
    const side = this._isServer ? 'server' : 'client';
    const { zlibDeflateOptions } = this._options;

    this._deflate ??= Codec.deflate({ ...zlibDeflateOptions, windowBits: this._windowOf(side) });

    const codec = this._deflate;

    codec.run([data], 0, (err, result) => {
      if (err) {
        callback(err);
        return;
      }

      if (fin && this._forgets(side)) this._drop('_deflate', codec);
      callback(null, fin ? result.subarray(0, -TAIL.length) : result);
    });
  }

  /**
   * Decompresses a message, or a fragment of one.
   *
   * @param {Buffer} data The data
   * @param {Boolean} fin Whether it is the last fragment
   * @param {Function} callback Called with an error or the result
   * @public
   */
  decompress(data, fin, callback) {
    const side = this._isServer ? 'client' : 'server';
    const { zlibInflateOptions } = this._options;

    this._inflate ??= Codec.inflate({ ...zlibInflateOptions, windowBits: this._windowOf(side) });

    const codec = this._inflate;

    codec.run(fin ? [data, TAIL] : [data], this._maxPayload, (err, result) => {
      if (err || codec.isOver || (fin && this._forgets(side))) this._drop('_inflate', codec);

      if (err) callback(err);
      else callback(null, result);
    });
  }

  /**
   * Chooses among offers, or looks at a response.
   *
   * @param {Object[]} configurations What the peer has sent
   * @return {?Object} What was agreed on, `null` for nothing
   * @throws {Error} If what the peer has sent cannot be accepted
   * @private
   */
  _agree(configurations) {
    const header = extension.format({ [deflate.NAME]: configurations });

    try {
      return this._isServer
        ? deflate.acceptOffers(this._options, header)
        : deflate.acceptResponse(this._options, header);
    } catch (err) {
      if (err.code === undefined) throw err;

      // Those of the addon carry a code of its own.
      throw new (err.message.startsWith('Invalid value ') ? TypeError : Error)(err.message);
    }
  }

  /**
   * The window of a side.
   *
   * @param {String} side `'client'` or `'server'`
   * @return {Number} Its bits
   * @private
   */
  _windowOf(side) {
    const bits = this.params?.[`${side}_max_window_bits`];

    return typeof bits === 'number' ? bits : MOST_BITS;
  }

  /**
   * Whether a side forgets each message.
   *
   * @param {String} side `'client'` or `'server'`
   * @return {Boolean} `true` if it does
   * @private
   */
  _forgets(side) {
    return Boolean(this.params?.[`${side}_no_context_takeover`]);
  }

  /**
   * Lets go of a codec.
   *
   * @param {String} which The field it is in
   * @param {Codec} codec The codec
   * @private
   */
  _drop(which, codec) {
    codec.close();
    if (this[which] === codec) this[which] = null;
  }
}

module.exports = PerMessageDeflate;

/**
 * Reads parameters.
 *
 * @param {String} text They, as they stand in the header
 * @return {Object} The parameters, numbers as numbers
 * @private
 */
function paramsOf(text) {
  const header = text.startsWith(deflate.NAME) ? text : [deflate.NAME, text].filter(Boolean).join('; ');
  const [params] = extension.parse(header)[deflate.NAME];

  return Object.fromEntries(
    Object.entries(params).map(([name, [value]]) => [name, value === true ? true : Number(value)])
  );
}
