'use strict';

// What does `require('upshift')` give? What `require('ws')` does, and the functions for hand-written upgrade listeners.

const PerMessageDeflate = require('./lib/codec/permessage-deflate');
const Receiver = require('./lib/codec/receiver');
const Sender = require('./lib/codec/sender');
const WebSocket = require('./lib/websocket/websocket');
const WebSocketServer = require('./lib/server/websocket-server');
const channels = require('./lib/channel/channel');
const extension = require('./lib/handshake/extension');
const subprotocol = require('./lib/handshake/subprotocol');
const { HandshakeError, HttpError } = require('./lib/base/errors');
const { accept } = require('./lib/upgrades/accept');
const { createUpgradeRouter } = require('./lib/router/router');
const { createWebSocketStream } = require('./lib/websocket/stream');
const { reject } = require('./lib/handshake/refusal');
const { requestUpgrade } = require('./lib/client/request-upgrade');
const { upgrade } = require('./lib/server/upgrade');
const { upgradeToH2c } = require('./lib/upgrades/h2c');
const { validateUpgrade } = require('./lib/handshake/verdict');

WebSocket.HandshakeError = HandshakeError;
WebSocket.HttpError = HttpError;
WebSocket.PerMessageDeflate = PerMessageDeflate;
WebSocket.Receiver = Receiver;
WebSocket.Sender = Sender;
WebSocket.Server = WebSocketServer;
WebSocket.WebSocket = WebSocket;
WebSocket.WebSocketServer = WebSocketServer;
WebSocket.accept = accept;
WebSocket.configure = channels.configure;
WebSocket.createUpgradeRouter = createUpgradeRouter;
WebSocket.createWebSocketStream = createWebSocketStream;
WebSocket.extension = extension;
WebSocket.reject = reject;
WebSocket.requestUpgrade = requestUpgrade;
WebSocket.stats = channels.stats;
WebSocket.subprotocol = subprotocol;
WebSocket.upgrade = upgrade;
WebSocket.upgradeToH2c = upgradeToH2c;
WebSocket.validateUpgrade = validateUpgrade;

module.exports = WebSocket;
