'use strict';

// Does Upshift work with the WebSocket of Node itself, in each version that has one?

const path = require('node:path');
const { execFileSync } = require('node:child_process');

const { NODES } = require('../../scripts/peer-programs');
const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

const NO_FRAGMENTS = "Node's WebSocket sends whole messages";
const NO_PINGS = "Node's WebSocket has no pings to send";

for (const executable of NODES) {
  const [major] = execFileSync(executable, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.');

  interop(`Node ${major}`, {
    start: () => ChildPeer.start(executable, [path.join(__dirname, 'peers/node.mjs')]),
    // It only takes compressed messages, up to version 26.
    compresses: false,
    roles: { client: { 'fragments from': NO_FRAGMENTS, 'ping from': NO_PINGS } }
  });
}
