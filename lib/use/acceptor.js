'use strict';

// How does an exchange become a WebSocket? Through a `WebSocketServer` without a server, so that all its options and hooks
// are there, one for each set of options. What middleware has put into the response goes into the 101.

const WebSocketServer = require('../server/websocket-server');
const { exchangeOf } = require('./exchange');
const { verdictOn } = require('./verdict');

/** What the clients are told when the server goes away. */
const GOING_AWAY = 1001;

/**
 * Accepts WebSockets for a framework.
 */
class Acceptor {
  /**
   * Create an acceptor.
   *
   * @param {Object} options Options of `WebSocketServer`, for all its connections
   */
  constructor(options) {
    this.options = options;
    this.clients = new Set();
    this.isClosing = false;
    this._servers = new Map();
    this.serverFor(undefined);
  }

  /**
   * The WebSocket server for some options.
   *
   * @param {Object} [own] Options of one route
   * @return {WebSocketServer} The server
   * @throws {TypeError} If an option is wrong
   * @public
   */
  serverFor(own) {
    let wss = this._servers.get(own);

    if (wss === undefined) {
      wss = new WebSocketServer({ ...this.options, ...own, noServer: true });
      sendHeaders(wss);
      // All that there are, whichever route they came by.
      if (wss.clients) wss.clients = this.clients;
      this._servers.set(own, wss);
    }

    return wss;
  }

  /**
   * Accepts.
   *
   * @param {Exchange} exchange The exchange
   * @param {Object} [own] Options of its route
   * @param {Function} then Called with the WebSocket
   * @public
   */
  accept(exchange, own, then) {
    const { head, req, socket } = exchange;

    if (this.isClosing) {
      exchange.refuse({ headers: [], message: 'Service Unavailable', status: 503 });
      return;
    }

    exchange.accept(() => {
      this.serverFor(own)._$upgrade(verdictOn(req), { req, socket, head }, (ws) => {
        exchange.complete();
        then(ws);
      });
    });
  }

  /**
   * Accepts nobody any more, and closes the WebSockets there are.
   *
   * @return {Promise<void>} Resolved when all are closed
   * @public
   */
  async close() {
    this.isClosing = true;
    await Promise.all([...this.clients].map(closed));
  }
}

/**
 * Lets the 101 responses of a server have the headers that middleware has set.
 *
 * @param {WebSocketServer} wss The server
 * @public
 */
function sendHeaders(wss) {
  wss.on('headers', (lines, req) => {
    const exchange = exchangeOf(req);

    if (exchange !== undefined && exchange.lines !== null) lines.push(...exchange.lines);
  });
}

module.exports = { Acceptor, sendHeaders };

/**
 * Closes a WebSocket.
 *
 * @param {WebSocket} ws The WebSocket
 * @return {Promise<void>} Resolved when it is closed
 * @private
 */
function closed(ws) {
  return new Promise((resolve) => {
    ws.once('close', resolve);
    ws.close(GOING_AWAY);
  });
}
