'use strict';

/** The client of Upshift; its driver and transport come from the environment. */

const { WebSocket, stats } = require('../..');

require('./connect')(WebSocket, { perMessageDeflate: false }, stats);
