'use strict';

// Does Upshift work with Go's gorilla/websocket?

const { GORILLA } = require('../../scripts/peer-programs');
const { interop } = require('./support/interop');
const { ChildPeer } = require('./support/peer');

interop('gorilla', { start: () => ChildPeer.start(GORILLA) });
