'use strict';

// How does a client under test come to its server? By the address alone, and over what the run says: with TLS it trusts
// whom it meets, and where there are only Duplexes one stands between it and its socket.

const { WebSocket } = require('./implementation');
const { OVER, duplexTo } = require('./over');

/** What the options of a client have besides those of its test. */
const VIA = {
  tcp: {},
  tls: { rejectUnauthorized: false },
  duplex: { createConnection: duplexTo }
};

/**
 * Makes a client of some class.
 *
 * @param {Function} Client The class
 * @param {(String|URL)} address As for `new WebSocket()`
 * @param {*} [protocols] Likewise
 * @param {Object} [options] Likewise
 * @return {WebSocket} The client
 */
function connectAs(Client, address, protocols, options) {
  const isLeftOut = typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
  const [offered, given] = isLeftOut ? [undefined, protocols] : [protocols, options];

  return new Client(address, offered, { ...VIA[OVER], ...given });
}

/**
 * Makes a client.
 *
 * @param {...*} args As for `new WebSocket()`
 * @return {WebSocket} The client
 */
function connect(...args) {
  return connectAs(WebSocket, ...args);
}

module.exports = { connect, connectAs };
