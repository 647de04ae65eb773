// What does `import 'upshift'` give? The names of index.js.

import WebSocket from './index.js';

export const {
  HandshakeError,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  WebSocketServer,
  configure,
  createWebSocketStream,
  extension,
  reject,
  requestUpgrade,
  stats,
  subprotocol,
  upgrade,
  validateUpgrade
} = WebSocket;
export { WebSocket };
export default WebSocket;
