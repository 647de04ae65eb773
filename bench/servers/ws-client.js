'use strict';

/** The client of ws, at its best: with bufferutil, which it finds by itself. */

require('bufferutil');
require('./connect')(require('ws').WebSocket, { perMessageDeflate: false });
