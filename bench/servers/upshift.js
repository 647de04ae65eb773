'use strict';

/** The echo server of Upshift; its driver and transport come from the environment. */

const { WebSocketServer, stats } = require('../..');

const options = {
  perMessageDeflate: process.env.BENCH_DEFLATE === '1',
  releaseSocket: process.env.BENCH_RELEASE_SOCKET === '1'
};

require('./serve')(WebSocketServer, options, stats);
