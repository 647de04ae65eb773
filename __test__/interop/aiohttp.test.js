'use strict';

// Does Upshift work with Python's aiohttp?

const path = require('node:path');

const { PYTHON } = require('../../scripts/peer-programs');
const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

interop('aiohttp', {
  start: () => ChildPeer.start(PYTHON, ['-B', path.join(__dirname, 'peers/aiohttp_peer.py')]),
  cannot: {
    'bare close': 'aiohttp names 1000 when it is given no code',
    'fragments from': 'aiohttp sends whole messages'
  }
});
