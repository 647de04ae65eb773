/**
 * Does an ES module get every name as a value and as a type?
 */

import WebSocket, { HandshakeError, WebSocketServer, reject, stats, upgrade, validateUpgrade } from '../../index.mjs';
import type { RawData, ServerOptions } from '../../index.mjs';

const options: ServerOptions = { noServer: true };
const server: WebSocketServer = new WebSocketServer(options);
server.on('connection', (ws: WebSocket) => ws.on('message', (data: RawData) => ws.send(data)));
console.log(HandshakeError, reject, stats, upgrade, validateUpgrade, WebSocket.OPEN);
