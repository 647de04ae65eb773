'use strict';

// How does an application accept WebSockets? The class of the same name in ws: on a port of its own, beside an HTTP server,
// or fed by hand with what the `'upgrade'` event brings.

const EventEmitter = require('events');
const http = require('http');

const WebSocket = require('../websocket/websocket');
const deflate = require('../handshake/deflate');
const takeover = require('../takeover/takeover');
const { EMPTY_BUFFER } = require('../base/constants');
const { SERVER_DEFAULTS, checkOptions } = require('../base/options');
const { abortHandshake } = require('../handshake/refusal');
const { establish } = require('../transport/attach');
const { equip, isStream } = require('../http2/stream');
const { listenTo, requireUpgrade } = require('./listening');
const { requestOf } = require('../http2/request');
const { extensionsFor, refuse, responseFor, verify } = require('./server-policy');
const { acceptOf, inspectAsWs } = require('../handshake/handshake');

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/** On the object of accepted extensions: what was found out about the request. */
const kVerdict = Symbol('kVerdict');

/** The sockets that wait for an earlier response. */
const waiting = new WeakSet();

/**
 * A WebSocket server.
 *
 * @extends EventEmitter
 */
class WebSocketServer extends EventEmitter {
  /**
   * Create a `WebSocketServer`.
   *
   * @param {Object} options Configuration options
   * @param {Boolean} [options.allowSynchronousEvents=true] Whether several
   *     events of a connection can be emitted in the same tick
   * @param {Boolean} [options.autoPong=true] Whether pings are answered
   * @param {Number} [options.backlog=511] The maximum length of the queue of
   *     pending connections
   * @param {Boolean} [options.clientTracking=true] Whether to keep `clients`
   * @param {Number} [options.closeTimeout=30000] How many milliseconds to wait
   *     for the closing handshake after `websocket.close()`
   * @param {Function} [options.handleProtocols] Chooses the subprotocol
   * @param {String} [options.host] The hostname to bind to
   * @param {Number} [options.maxBackpressure=0] The maximum number of bytes
   *     that may wait for a slow peer, 0 for any
   * @param {Number} [options.maxBufferedChunks=262144] The maximum number of
   *     buffered data chunks
   * @param {Number} [options.maxFragments=16384] The maximum number of
   *     fragments of a message
   * @param {Number} [options.maxPayload=104857600] The maximum message size
   * @param {Number} [options.maxPendingAutoPongs=60] The maximum number of
   *     automatic pongs that wait for the peer to take them, 0 for any
   * @param {Boolean} [options.noServer=false] No server at all
   * @param {String} [options.onBackpressure='terminate'] What happens above
   *     `maxBackpressure`: `'terminate'`, `'close'` or `'drop'`
   * @param {String} [options.path] Accept only requests for this path
   * @param {(Boolean|Object)} [options.perMessageDeflate=false] Whether, and how,
   *     messages may be compressed
   * @param {Number} [options.port] The port to bind to
   * @param {Number} [options.receiveCredit=262144] How many bytes of a
   *     connection may be read ahead of its handlers
   * @param {Boolean} [options.releaseSocket=false] Whether to let go of the
   *     `net.Socket` of each connection
   * @param {(http.Server|https.Server|Http2Server|Http2SecureServer)} [options.server]
   *     A server to use
   * @param {Boolean} [options.skipUTF8Validation=false] Whether to skip the
   *     UTF-8 validation of text and close messages
   * @param {String} [options.transport] `'auto'`, `'fd'` or `'stream'`
   * @param {Function} [options.verifyClient] A hook to reject connections
   * @param {Function} [options.WebSocket=WebSocket] The class to use, `WebSocket`
   *     or one that extends it
   * @param {Function} [callback] A listener for the `'listening'` event
   */
  constructor(options, callback) {
    super();

    options = { WebSocket, ...SERVER_DEFAULTS, ...options };
    checkMode(options);
    checkOptions(options);
    deflate.check(options.perMessageDeflate);

    if (options.port != null) {
      this._server = http.createServer(requireUpgrade);
      this._server.listen(options.port, options.host, options.backlog, callback);
    } else if (options.server) {
      this._server = options.server;
    }

    if (this._server) this._removeListeners = listenTo(this, this._server);
    if (options.perMessageDeflate === true) options.perMessageDeflate = {};
    if (options.clientTracking) {
      this.clients = new Set();
      this._shouldEmitClose = false;
    }

    this.options = options;
    this._state = RUNNING;
  }

  /**
   * Returns the bound address of the server.
   *
   * @return {(Object|String|null)} The address
   * @throws {Error} If there is no server
   * @public
   */
  address() {
    if (this.options.noServer) {
      throw new Error('The server is operating in "noServer" mode');
    }

    return this._server ? this._server.address() : null;
  }

  /**
   * Stop accepting connections and emit `'close'` when the existing ones are
   * closed.
   *
   * @param {Function} [cb] A one-time listener for the `'close'` event
   * @public
   */
  close(cb) {
    if (this._state === CLOSED) {
      if (cb) {
        this.once('close', () => cb(new Error('The server is not running')));
      }

      process.nextTick(emitClose, this);
      return;
    }

    if (cb) this.once('close', cb);
    if (this._state === CLOSING) return;

    this._state = CLOSING;
    this._$detach();
  }

  /**
   * See if a given request should be handled by this server.
   *
   * @param {http.IncomingMessage} req The request
   * @return {Boolean} `true` if it should
   * @public
   */
  shouldHandle(req) {
    const { path } = this.options;

    if (!path) return true;

    const { url } = req;
    const end = url.indexOf('?');

    return (end === -1 ? url : url.slice(0, end)) === path;
  }

  /**
   * Handle an upgrade request.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket Its socket
   * @param {Buffer} head What arrived behind it
   * @param {Function} cb Called with the WebSocket and the request
   * @public
   */
  handleUpgrade(req, socket, head, cb) {
    this._$upgrade(inspectAsWs(req), { req, socket, head }, cb);
  }

  /**
   * Handles a HTTP upgrade request that was judged already: a router asks for all of RFC 6455, where WebSocket may be one
   * of several protocols the client would take.
   *
   * @param {Object} verdict The verdict
   * @param {Object} upgrade What the `'upgrade'` event has brought
   * @param {Function} cb Called with the WebSocket and the request
   * @private
   */
  _$upgrade(verdict, { req, socket, head }, cb) {
    takeover.guard(socket);
    if (isStream(socket)) equip(socket);

    if (verdict.stage === 'request') {
      refuse(this, req, socket, verdict);
      return;
    }

    if (!this.shouldHandle(req)) {
      abortHandshake(req, socket, 400);
      return;
    }

    if (verdict.status !== 101) {
      refuse(this, req, socket, verdict);
      return;
    }

    const extensions = extensionsFor(this, req, socket);

    if (extensions === null) return;

    extensions[kVerdict] = verdict;
    verify(this, req, socket, verdict, () => {
      this.completeUpgrade(
        extensions,
        req.headers['sec-websocket-key'],
        new Set(verdict.protocols),
        req,
        socket,
        head,
        cb
      );
    });
  }

  /**
   * Handle a stream of HTTP/2 that asks for a WebSocket (RFC 8441).
   *
   * @param {ServerHttp2Stream} stream The stream
   * @param {Object} headers Its headers
   * @param {Function} cb Called with the WebSocket and the request
   * @throws {Error} If the stream was answered already
   * @public
   */
  handleStream(stream, headers, cb) {
    if (stream.headersSent) {
      throw new Error(
        "The stream was answered already: a server with a 'request' listener and without one for 'connect' answers " +
          'every CONNECT with 405'
      );
    }

    this.handleUpgrade(requestOf(stream, headers), stream, EMPTY_BUFFER, cb);
  }

  /**
   * Upgrade the connection to WebSocket.
   *
   * @param {Object} extensions The accepted extensions
   * @param {String} key The value of the `Sec-WebSocket-Key` header
   * @param {Set} protocols The subprotocols
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket Its socket
   * @param {Buffer} head What arrived behind it
   * @param {Function} cb Called with the WebSocket and the request
   * @throws {Error} If called more than once with the same socket
   * @private
   */
  completeUpgrade(extensions, key, protocols, req, socket, head, cb) {
    // The client has already sent a FIN packet, or is gone.
    if (!socket.readable || !socket.writable || socket.endAfterHeaders) {
      socket.destroy();
      return;
    }

    if (takeover.isTaken(socket) || waiting.has(socket)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same ' + 'socket, possibly due to a misconfiguration'
      );
    }

    const isSettled = takeover.settle(req, socket, (err) => {
      waiting.delete(socket);

      if (err) socket.destroy();
      else if (this._state > RUNNING) abortHandshake(req, socket, 503);
      else {
        const verdict = extensions[kVerdict] ?? { accept: acceptOf(key) };

        this._$accept(verdict, extensions[deflate.NAME] ?? null, protocols, { req, socket, head }, cb);
      }
    });

    // In the usual case the handshake is complete by now.
    if (!isSettled) waiting.add(socket);
  }

  /**
   * Answers the request and opens the WebSocket.
   *
   * @param {Object} verdict What was found out about it
   * @param {?Object} agreed What was agreed on about compression
   * @param {Set} protocols The subprotocols
   * @param {Object} upgrade What the `'upgrade'` event has brought
   * @param {Function} cb Called with the WebSocket and the request
   * @private
   */
  _$accept(verdict, agreed, protocols, upgrade, cb) {
    const { options } = this;
    const { req, socket } = upgrade;
    const protocol = this._$protocolFor(protocols, req);

    if (protocol === null) return;

    const ws = new options.WebSocket(null, undefined, options);

    deflate.use(ws, agreed);
    if (protocol) ws._protocol = protocol;

    establish(ws, upgrade, responseFor(this, req, verdict, ws), options, {
      onFail: () => socket.destroy(),
      onOpen: () => {
        if (this.clients) {
          this.clients.add(ws);
          ws._$server = this;
        }

        cb(ws, req);
      }
    });
  }

  /**
   * Chooses the subprotocol: whatever the application says, as in ws.
   *
   * @param {Set} protocols The ones the client offers
   * @param {http.IncomingMessage} req The request
   * @return {?String} The subprotocol, empty for none; `null` if the request was refused
   * @private
   */
  _$protocolFor(protocols, req) {
    const { options } = this;

    if (protocols.size === 0) return '';
    return (options.handleProtocols ? options.handleProtocols(protocols, req) : protocols.values().next().value) || '';
  }

  /**
   * Lets go of the HTTP server, closing it if it is our own, and arranges for
   * the `'close'` event.
   *
   * @private
   */
  _$detach() {
    const server = this._server;

    if (server) {
      this._removeListeners();
      this._removeListeners = this._server = null;
    }

    if (!this.options.noServer && !this.options.server) {
      server.close(() => emitClose(this));
    } else if (this.clients && this.clients.size > 0) {
      this._shouldEmitClose = true;
    } else {
      process.nextTick(emitClose, this);
    }
  }

  /**
   * A tracked WebSocket has closed.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  _$forget(ws) {
    this.clients.delete(ws);
    if (this._shouldEmitClose && this.clients.size === 0) {
      process.nextTick(emitClose, this);
    }
  }
}

module.exports = WebSocketServer;

/**
 * Checks that the options say where the connections come from.
 *
 * @param {Object} options The options
 * @throws {TypeError} If they say nothing, or too much
 * @private
 */
function checkMode({ noServer, port, server }) {
  const modes = [port != null, Boolean(server), Boolean(noServer)];

  if (modes.filter(Boolean).length !== 1) {
    throw new TypeError('One and only one of the "port", "server", or "noServer" options ' + 'must be specified');
  }
}

/**
 * Emit the `'close'` event.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @private
 */
function emitClose(wss) {
  wss._state = CLOSED;
  wss.emit('close');
}
