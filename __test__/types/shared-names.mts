/**
 * Does an ES module that was typed against @types/ws go on compiling? This one is compiled against both.
 */

import WebSocket, { WebSocketServer, createWebSocketStream } from 'websockets-esm';
import type {
  AddressInfo,
  CertMeta,
  ClientOptions,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MessageEvent,
  PerMessageDeflateOptions,
  RawData,
  Server,
  ServerOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync
} from 'websockets-esm';

const perMessageDeflate: PerMessageDeflateOptions = { threshold: 1024, zlibDeflateOptions: { level: 6 } };
const verifyAtOnce: VerifyClientCallbackSync = (info) => info.origin !== '';
const verifyLater: VerifyClientCallbackAsync = (info, done) => done(info.secure, 401);
const options: ServerOptions = { noServer: true, perMessageDeflate, verifyClient: verifyLater };
const server: WebSocketServer = new WebSocketServer(options);
const older: Server = new WebSocketServer({ port: 0, verifyClient: verifyAtOnce });
server.on('connection', (ws: WebSocket) => ws.on('message', (data: RawData) => ws.send(data)));
console.log((older.address() as AddressInfo).port);

const identity: NonNullable<ClientOptions['checkServerIdentity']> = (name: string, cert: CertMeta) =>
  name.length > cert.length;
const finishRequest: FinishRequestCallback = (request, websocket) => request.end(websocket.url);
const clientOptions: ClientOptions = { checkServerIdentity: identity, finishRequest, perMessageDeflate };
const client = new WebSocket('wss://localhost', clientOptions);
const once: EventListenerOptions = { once: true };
createWebSocketStream(client).end();

/** Tells what a listener gets. */
function describe(event: Event | CloseEvent | ErrorEvent | MessageEvent): Data {
  return 'data' in event ? event.data : 'reason' in event ? event.reason : event.type;
}

const handlers: { [K in keyof WebSocket.WebSocketEventMap]: (event: WebSocket.WebSocketEventMap[K]) => void } = {
  close: describe,
  error: describe,
  message: describe,
  open: describe
};
client.addEventListener('message', handlers.message, once);
