'use strict';

/** The echo server of Upshift; its driver and transport come from the environment. */

const { WebSocketServer, stats } = require('../..');

require('./serve')(WebSocketServer, { releaseSocket: process.env.BENCH_RELEASE_SOCKET === '1' }, stats);
