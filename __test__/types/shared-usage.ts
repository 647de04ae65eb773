/**
 * Does a program that was typed against @types/ws go on compiling? This one is compiled against both.
 */

import { Agent, createServer, IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { Duplex } from 'node:stream';
import WebSocket = require('websockets');
import {
  RawData,
  Server,
  ServerOptions,
  WebSocket as Socket,
  WebSocketServer,
  createWebSocketStream
} from 'websockets';

const options: ServerOptions = {
  allowSynchronousEvents: false,
  autoPong: true,
  backlog: 10,
  clientTracking: true,
  handleProtocols: (protocols: Set<string>, request: IncomingMessage) =>
    request.url === '/' ? ([...protocols][0] ?? false) : false,
  host: 'localhost',
  maxPayload: 1024,
  path: '/chat',
  port: 0,
  skipUTF8Validation: false,
  verifyClient: (info: { origin: string; secure: boolean; req: IncomingMessage }) => info.secure || info.origin !== ''
};

const server = new WebSocketServer(options, () => console.log('listening'));
console.log(server.address());
const older: Server = new WebSocket.Server({ noServer: true });
const callback: ServerOptions = {
  verifyClient(info, done) {
    done(info.req.url === '/', 401, 'no', { 'X-Why': 'because' });
  }
};

server.on('listening', () => {});
server.on('error', (error) => console.log(error.message));
server.on('close', () => {});
server.on('headers', (headers, request) => headers.push(`X-Url: ${request.url}`));
server.on('wsClientError', (error, socket, request) => socket.end(`${error.message} ${request.url}`));
server.once('connection', function (ws, request) {
  const again: Server = this;
  console.log(again.clients.has(ws), request.socket.remoteAddress);
});

const http = createServer();
http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  if (older.shouldHandle(request)) {
    older.handleUpgrade(request, socket, head, (ws, req) => older.emit('connection', ws, req));
  }
});

/** Uses everything a connection has. */
function use(ws: WebSocket): void {
  ws.on('message', (data: RawData, isBinary: boolean) => {
    const bytes: Buffer = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    ws.send(bytes, { binary: isBinary, compress: false, fin: true, mask: false }, (error) =>
      console.log(error?.message)
    );
  });
  ws.on('close', (code: number, reason: Buffer) => console.log(code, reason.toString()));
  ws.on('ping', (data) => ws.pong(data));
  ws.on('pong', (data) => console.log(data.length));
  ws.once('error', (error) => console.log(error.stack));
  ws.off('open', () => {});
  ws.removeListener('message', () => {}).addListener('anything', (...args) => console.log(args));
  ws.send('text');
  ws.send(new Uint8Array(3), () => {});
  ws.send(new ArrayBuffer(3));
  ws.send([1, 2, 3]);
  ws.ping();
  ws.ping('data', false, (error) => console.log(error));
  ws.close(1000, 'done');
  ws.terminate();
  ws.pause();
  ws.resume();
  const amounts: [number, boolean, string, string, string] = [
    ws.bufferedAmount,
    ws.isPaused,
    ws.protocol,
    ws.url,
    ws.extensions
  ];
  console.log(amounts, ws.readyState === WebSocket.OPEN, ws.readyState === ws.CLOSED);
  ws.binaryType = 'arraybuffer';
  ws.onmessage = ({ data, target }: WebSocket.MessageEvent) => target.send(typeof data === 'string' ? data : 'bytes');
  ws.onclose = ({ code, reason, wasClean }: WebSocket.CloseEvent) => console.log(code, reason, wasClean);
  ws.onerror = ({ error, message }: WebSocket.ErrorEvent) => console.log(error, message);
  ws.onopen = null;
  ws.addEventListener('message', (event) => console.log(event.data), { once: true });
  ws.addEventListener('close', { handleEvent: (event: WebSocket.CloseEvent) => console.log(event.code) });
}

const clientOptions: WebSocket.ClientOptions = {
  agent: new Agent(),
  autoPong: true,
  ca: 'certificate',
  createConnection: createConnection,
  finishRequest(request, websocket) {
    request.setHeader('X-Url', websocket.url);
    request.end();
  },
  followRedirects: true,
  generateMask: (mask: Buffer) => mask.fill(1),
  handshakeTimeout: 1000,
  headers: { Cookie: 'a=b' },
  localAddress: '127.0.0.1',
  maxPayload: 0,
  maxRedirects: 3,
  origin: 'https://localhost',
  perMessageDeflate: false,
  protocolVersion: 13,
  rejectUnauthorized: false,
  skipUTF8Validation: false
};

const client = new WebSocket('wss://localhost', clientOptions);
for (const other of [
  new WebSocket(new URL('ws://localhost')),
  new WebSocket('ws://localhost', 'chat'),
  new WebSocket('ws://localhost', ['chat', 'v2'], { timeout: 1, headers: { 'X-List': ['a', 'b'] } })
]) {
  use(other);
}
client.on('upgrade', (response) => console.log(response.headers, client.url));
client.on('unexpected-response', (request, response) => console.log(request.path, response.statusCode));
client.on('redirect', (url, request) => request.setHeader('X-From', url));

/** Connections of a subclass are handed out as such. */
class Named extends WebSocket {
  name = '';
}
const named = new WebSocketServer<typeof Named>({ noServer: true, WebSocket: Named });
named.on('connection', (ws) => (ws.name = 'first'));

for (const ws of server.clients) use(ws);
server.close((error) => console.log(error, callback));

/** Uses a connection as a stream. */
function stream(ws: WebSocket): Duplex {
  return createWebSocketStream(ws, { encoding: 'utf8', decodeStrings: false, allowHalfOpen: false });
}

console.log(stream, WebSocket.createWebSocketStream);

// Applications add members of their own.
declare module 'websockets' {
  interface WebSocket {
    isAlive?: boolean;
  }
}

export const marked: Socket = new WebSocket('ws://localhost');
marked.isAlive = true;
