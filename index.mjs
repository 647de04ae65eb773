// What does `import 'upshift'` give? The names of index.js.

import WebSocket from './index.js';

export const {
  HandshakeError,
  HttpError,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  WebSocketServer,
  accept,
  configure,
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
} = WebSocket;
export { WebSocket };
export default WebSocket;
