/**
 * Do mistakes fail to compile? Each expected error that does not come is an error.
 */

import WebSocket = require('upshift');

declare const ws: WebSocket;

// @ts-expect-error No such type of binary message.
ws.binaryType = 'text';
// @ts-expect-error A string for a number.
ws.close('1000');
// @ts-expect-error Read-only.
ws.readyState = WebSocket.CLOSED;
// @ts-expect-error No such policy.
new WebSocket.Server({ noServer: true, onBackpressure: 'wait' });
// @ts-expect-error An address is missing.
new WebSocket();
// @ts-expect-error A number for text.
new WebSocket('ws://localhost', { origin: 1 });
// @ts-expect-error To what?
WebSocket.requestUpgrade('http://localhost', {});
// @ts-expect-error It is or it is not.
WebSocket.createUpgradeRouter(require('http').createServer()).tls({ mandatory: 'yes' });
declare const request: import('http').IncomingMessage;
// @ts-expect-error What came behind the request would be lost.
WebSocket.reject(request, request.socket, 403, { keepAlive: true });
// @ts-expect-error There is no such mistake.
export const code: WebSocket.ProtocolErrorCode = 'WS_ERR_INVALID_UTF16';
