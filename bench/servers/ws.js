'use strict';

/** The echo server of ws, at its best: with bufferutil, which it finds by itself. */

require('bufferutil');
require('./serve')(require('ws').WebSocketServer, { perMessageDeflate: process.env.BENCH_DEFLATE === '1' });
