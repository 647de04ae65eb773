'use strict';

/**
 * Do the rooms of lib/ use each other in one direction only? Each names those it may use; what is not listed here is a
 * room without a place in the house.
 */

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./process');

/** Which rooms each room may use besides itself, from the ground up. */
const ARROWS = {
  base: [],
  http2: ['base'],
  takeover: ['base'],
  channel: ['base'],
  handshake: ['base', 'http2', 'takeover'],
  codec: ['base', 'channel', 'handshake'],
  transport: ['base', 'channel', 'http2', 'takeover'],
  upgrades: ['base', 'handshake', 'takeover'],
  client: ['base', 'handshake', 'http2', 'takeover', 'transport'],
  websocket: ['base', 'client', 'codec', 'handshake', 'http2', 'transport'],
  server: ['base', 'handshake', 'http2', 'takeover', 'transport', 'websocket'],
  router: ['base', 'handshake', 'http2', 'server', 'takeover', 'upgrades'],
  use: ['base', 'handshake', 'http2', 'router', 'server', 'takeover', 'upgrades', 'websocket']
};

/**
 * Says which imports of one file of lib/ go against the arrows.
 *
 * @param {string} file File with forward slashes, relative to the root
 * @return {string[]} Complaints
 * @public
 */
function checkArrows(file) {
  const [, room] = file.split('/');
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  if (ARROWS[room] === undefined) return [`${file}: a room that scripts/room-arrows.js does not know`];
  return [...text.matchAll(/require\('\.\.\/([a-z0-9]+)\//g)]
    .map(([, other]) => other)
    .filter((other) => !ARROWS[room].includes(other))
    .map((other) => `${file}: lib/${room} may not use lib/${other}`);
}

module.exports = { checkArrows };
