'use strict';

// What does `require('upshift')` give? What `require('ws')` does, and the functions for hand-written upgrade listeners.

const PerMessageDeflate = require('./lib/permessage-deflate');
const Receiver = require('./lib/receiver');
const Sender = require('./lib/sender');
const WebSocket = require('./lib/websocket');
const WebSocketServer = require('./lib/websocket-server');
const channels = require('./lib/channel');
const extension = require('./lib/extension');
const subprotocol = require('./lib/subprotocol');
const { HandshakeError } = require('./lib/errors');
const { createWebSocketStream } = require('./lib/stream');
const { reject } = require('./lib/refusal');
const { upgrade } = require('./lib/upgrade');
const { validateUpgrade } = require('./lib/handshake');

WebSocket.HandshakeError = HandshakeError;
WebSocket.PerMessageDeflate = PerMessageDeflate;
WebSocket.Receiver = Receiver;
WebSocket.Sender = Sender;
WebSocket.Server = WebSocketServer;
WebSocket.WebSocket = WebSocket;
WebSocket.WebSocketServer = WebSocketServer;
WebSocket.configure = channels.configure;
WebSocket.createWebSocketStream = createWebSocketStream;
WebSocket.extension = extension;
WebSocket.reject = reject;
WebSocket.stats = channels.stats;
WebSocket.subprotocol = subprotocol;
WebSocket.upgrade = upgrade;
WebSocket.validateUpgrade = validateUpgrade;

module.exports = WebSocket;
