'use strict';

// Which package is under test? `UPSHIFT_TEST_IMPL=ws` runs the suite against ws itself, which proves that what the tests
// expect is what ws does.

const name = process.env.UPSHIFT_TEST_IMPL ?? 'upshift';
const isWs = name === 'ws';
const WebSocket = isWs ? require('ws') : require('../..');

/** Option of a test that shows something ws does not have. */
const ownAddition = isWs ? { skip: 'not in ws' } : {};

module.exports = { WebSocket, WebSocketServer: WebSocket.WebSocketServer, isWs, ownAddition };
