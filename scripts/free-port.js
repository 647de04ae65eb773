'use strict';

/**
 * Which port can a program be told to listen on?
 */

const { once } = require('node:events');
const net = require('node:net');

/**
 * Finds a port that nobody listens on.
 *
 * @return {Promise<number>} Port
 * @public
 */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

module.exports = { freePort };
