/**
 * Does an ES module get every name as a value and as a type?
 */

import WebSocket, {
  HandshakeError,
  HttpError,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  WebSocketServer,
  accept,
  createUpgradeRouter,
  createWebSocketStream,
  extension,
  reject,
  requestUpgrade,
  stats,
  subprotocol,
  upgrade,
  upgradeToH2c,
  validateUpgrade
} from '../../index.mjs';
import type { FrameOptions, RawData, ServerOptions } from '../../index.mjs';

const options: ServerOptions = { noServer: true };
const server: WebSocketServer = new WebSocketServer(options);
server.on('connection', (ws: WebSocket) => ws.on('message', (data: RawData) => ws.send(data)));
console.log(
  HandshakeError,
  HttpError,
  accept,
  createUpgradeRouter,
  reject,
  requestUpgrade,
  stats,
  upgrade,
  upgradeToH2c,
  validateUpgrade,
  WebSocket.OPEN
);

const frame: FrameOptions = { fin: true, opcode: 1 };
console.log(
  PerMessageDeflate.extensionName,
  Receiver,
  Sender.frame('text', frame),
  Server,
  createWebSocketStream,
  extension.parse,
  subprotocol.parse
);
