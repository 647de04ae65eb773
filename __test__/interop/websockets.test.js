'use strict';

// Does Upshift work with Python's websockets?

const path = require('node:path');

const { PYTHON } = require('../../scripts/peer-programs');
const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

interop('websockets', {
  start: () => ChildPeer.start(PYTHON, ['-B', path.join(__dirname, 'peers/websockets_peer.py')]),
  cannot: { 'bare close': 'websockets names 1000 when it is given no code' }
});
