'use strict';

// On which port can the demo live? The wanted one, one of the next nine, or whatever the system has.

const { once } = require('events');

/**
 * Listens on the first port that is free.
 *
 * @param {http.Server} server The server
 * @param {String} host The interface
 * @param {Number} wanted The port to try first
 * @return {Promise<String>} The URL
 * @public
 */
async function listen(server, host, wanted) {
  const candidates = Array.from({ length: wanted ? 10 : 0 }, (_, i) => wanted + i).filter((port) => port < 65536);
  for (const port of [...candidates, 0]) {
    if (await tryPort(server, host, port)) break;
  }
  const name = host === '127.0.0.1' ? 'localhost' : host;
  return `http://${name}:${server.address().port}/`;
}

/**
 * Listens on one port.
 *
 * @param {http.Server} server The server
 * @param {String} host The interface
 * @param {Number} port The port
 * @return {Promise<Boolean>} Whether it was free
 * @private
 */
async function tryPort(server, host, port) {
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return true;
  } catch (err) {
    if (err.code !== 'EADDRINUSE' || port === 0) throw err;
    return false;
  }
}

module.exports = listen;
