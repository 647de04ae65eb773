'use strict';

// Which private members of ws are there? Those that packages lean on, made of what a WebSocket of ours keeps in their place.

const PerMessageDeflate = require('../codec/permessage-deflate');
const deflate = require('../handshake/deflate');
const { Connection } = require('./connection');
const { ConnectionSender } = require('./connection-sender');
const { configWith } = require('../base/options');
const { CONNECTING } = require('../base/constants');

/**
 * The members.
 *
 * @extends Connection
 */
class PrivateMembers extends Connection {
  /**
   * What was agreed on, by name. It is made anew whenever somebody asks.
   *
   * @type {Object}
   * @private
   */
  get _extensions() {
    const agreed = this._$config.deflate;

    return agreed === null ? {} : { [deflate.NAME]: PerMessageDeflate.of(agreed, this._$config) };
  }

  /**
   * @param {Object} extensions What somebody else has agreed on; to be told before `setSocket()`
   */
  set _extensions(extensions) {
    if (this._readyState !== CONNECTING || this._$client !== null) return;

    this._$config = configWith(this._$config, { deflate: deflate.agreementOf(extensions?.[deflate.NAME]) });
  }

  /**
   * Whether this end accepted the connection; clients mask what they send.
   *
   * @type {Boolean}
   * @private
   */
  get _isServer() {
    return this._$config.isServer;
  }

  /**
   * @param {Boolean} isServer Whether it did; to be told before `setSocket()`
   */
  set _isServer(isServer) {
    this._$config = configWith(this._$config, { isServer: Boolean(isServer) });
  }

  /**
   * The request of a client that is connecting.
   *
   * @type {(http.ClientRequest|null)}
   * @private
   */
  get _req() {
    return this._$client === null ? null : this._$client.req;
  }

  /**
   * The sending side, made when somebody asks for it.
   *
   * @type {?ConnectionSender}
   * @private
   */
  get _sender() {
    if (this._readyState === CONNECTING) return null;
    return (this._$ownSender ??= ConnectionSender.of(this));
  }

  /**
   * The socket the request came on, or `null` when it was released.
   *
   * @type {(Duplex|null)}
   * @private
   */
  get _socket() {
    if (this._$link === null) return null;
    // The application may write to the stream or end it: what was sent before comes first.
    if (this._$link.kind === 'stream' && this._$channel !== null) this._$channel.catchUp();

    return this._$link.socket;
  }
}

module.exports = { PrivateMembers };
