'use strict';

// Does Upshift work with ws?

const path = require('node:path');

const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

interop('ws', { start: () => ChildPeer.start(process.execPath, [path.join(__dirname, 'peers/ws.js')]) });
