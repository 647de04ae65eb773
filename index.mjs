// What does `import 'upshift'` give? The names of index.js.

import WebSocket from './index.js';

export const { HandshakeError, WebSocketServer, configure, reject, stats, upgrade, validateUpgrade } = WebSocket;
export { WebSocket };
export default WebSocket;
