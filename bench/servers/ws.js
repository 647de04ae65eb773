'use strict';

/** The echo server of ws, at its best: with bufferutil, which it finds by itself. */

require('bufferutil');
require('./serve')(require('ws').WebSocketServer);
