'use strict';

// What does `require('upshift')` give? What `require('ws')` does, and the functions for hand-written upgrade listeners.

const WebSocket = require('./lib/websocket');
const WebSocketServer = require('./lib/websocket-server');
const channels = require('./lib/channel');
const { HandshakeError } = require('./lib/errors');
const { reject } = require('./lib/refusal');
const { upgrade } = require('./lib/upgrade');
const { validateUpgrade } = require('./lib/handshake');

WebSocket.HandshakeError = HandshakeError;
WebSocket.Server = WebSocketServer;
WebSocket.WebSocket = WebSocket;
WebSocket.WebSocketServer = WebSocketServer;
WebSocket.configure = channels.configure;
WebSocket.reject = reject;
WebSocket.stats = channels.stats;
WebSocket.upgrade = upgrade;
WebSocket.validateUpgrade = validateUpgrade;

module.exports = WebSocket;
