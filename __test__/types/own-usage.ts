/**
 * Are the additions to ws typed as the documentation says?
 */

import { createServer } from 'node:http';
import { connect, createSecureServer } from 'node:http2';
import { Duplex } from 'node:stream';
import upshift = require('upshift');
import { HandshakeError, HttpError, WebSocketServer, accept, createUpgradeRouter } from 'upshift';
import { reject, requestUpgrade, stats, upgrade, validateUpgrade } from 'upshift';

const server = createServer();
server.on('upgrade', async (req, socket, head) => {
  try {
    const { protocols, version } = validateUpgrade(req);
    const agreed: upshift.ValidatedUpgrade = validateUpgrade(req, {
      handleProtocols: () => 'b',
      perMessageDeflate: true
    });
    const { extensions, protocol }: { extensions?: string | undefined; protocol?: string | undefined } = agreed;
    console.log(extensions, protocol);
    const ws = await upgrade(req, socket, head, {
      headers: { 'X-Protocols': protocols.length, 'X-Version': version },
      maxBackpressure: 1024,
      onBackpressure: 'drop',
      receiveCredit: 65536,
      releaseSocket: true,
      transport: 'stream'
    });
    const transport: 'fd' | 'stream' | null = ws.transport;
    ws.on('drain', () => console.log(transport));
  } catch (error) {
    if (!(error instanceof HandshakeError)) return;
    const { code, status, headers }: { code: string; status: number; headers: Record<string, string> } = error;
    await reject(req, socket, status, { body: code, headers });
  }
});

const wss = new WebSocketServer({ server, maxBackpressure: 0, onBackpressure: 'close', releaseSocket: false });
const figures: upshift.Stats = stats();
console.log(figures, wss.path);

const client = new upshift.WebSocket('ws://localhost', { maxBackpressure: 1024, transport: 'stream' });
client.on('drain', () => console.log(client.transport));

const sender = new upshift.Sender(new Duplex(), {}, (key: Buffer) => key.fill(0));
sender.send('text', { fin: true }, (err?: Error) => console.log(err));
sender.sendFrame(upshift.Sender.frame(Buffer.from('text'), { fin: true, opcode: 1, readOnly: false }));
const offers: (string | true)[] | undefined = upshift.extension.parse('foo; bar')['foo']?.[0]?.['bar'];
const chosen: Set<string> = upshift.subprotocol.parse('chat');
console.log(offers, chosen, upshift.extension.format({ foo: [{ bar: true }] }));

const receiver = new upshift.Receiver({ binaryType: 'fragments', isServer: true, maxPayload: 1024 });
receiver.on('message', (data, isBinary) => console.log(data, isBinary)).end(Buffer.alloc(2));

/** Answers messages one after the other. */
async function talk(ws: upshift): Promise<void> {
  for await (const message of ws) {
    const data: upshift.Data = message;
    await ws.sendAsync(data, { binary: typeof data !== 'string' });
  }
}

console.log(talk);

/** Speaks another protocol. */
async function speak(signal: AbortSignal): Promise<Buffer | null> {
  try {
    const options = { protocol: ['echo/2', 'echo'], body: 'first', headers: { 'X-Word': 'yes' }, signal, port: 80 };
    const { protocol, response, stream } = await requestUpgrade(new URL('http://localhost/'), options);
    console.log(protocol.length, response.statusCode);
    return stream.read() as Buffer | null;
  } catch (error) {
    const { code, response } = error as upshift.RequestUpgradeError;
    console.log(code === 'ERR_UPSHIFT_NOT_UPGRADED', response.statusCode);
    return null;
  }
}

console.log(speak);

const secureRouter = upshift.createUpgradeRouter(server);
secureRouter.tls({
  cert: 'PEM',
  key: 'PEM',
  requestCert: true,
  mandatory: (req) => req.url === '/',
  upgradeTimeout: 1000
});

const streams = createSecureServer({ allowHTTP1: true });
const both = new upshift.WebSocketServer({ server: streams });
streams.on('stream', (stream, headers) => {
  both.handleStream(stream, headers, (ws, req) => ws.send(req.url ?? ''));
});
upshift.createUpgradeRouter(streams).websocket('/', (ws) => ws.close());

const overSession = new upshift('wss://localhost/', ['v1'], { session: connect('https://localhost') });
const elsewhere = new upshift('wss://example.com/', { anyOrigin: true, session: connect('https://localhost') });
const resumed = new upshift('wss://localhost/', { session: Buffer.alloc(0) });
console.log(overSession.protocol, elsewhere.url, resumed.url);

/** Says in one place what a server upgrades. */
const router: upshift.UpgradeRouter = createUpgradeRouter(server, { maxUpgradeBody: 0, upgradeTimeout: 1000 });
router
  .websocket('/plain', (ws, req, { params, auth }) => ws.send(`${req.url} ${params['id']} ${auth === undefined}`))
  .websocket(
    ['/rooms/:id', '/halls/:id'],
    {
      async authenticate(req, { params, signal }) {
        if (signal.aborted) throw new HttpError(401, 'no', { headers: { 'WWW-Authenticate': 'Basic' } });
        return { name: `${req.headers.authorization} ${params['id']}` };
      },
      maxPayload: 1024
    },
    (ws, req, { auth }) => ws.send(auth.name)
  )
  .protocol('echo/1', { authenticate: () => 5, path: '/' }, (socket, req, { auth, protocol }) => {
    socket.write(protocol.repeat(auth));
  })
  .protocol('irc', (socket) => socket.end())
  .on('error', (err, req) => console.log(err, req.url))
  .on('tlsClientError', (err, socket) => console.log(err.message, socket.remoteAddress));
void router.close();

server.on('upgrade', async (req, socket, head) => {
  const same: Duplex = await accept(req, socket, head, { protocol: 'echo', headers: { 'X-A': ['1'] } });
  same.end();
  await reject(req, socket, 403, { body: 'no', head, keepAlive: true });
});

/** What a program makes of the code of an error. */
function isOurFault(code: upshift.ProtocolErrorCode | upshift.UpshiftErrorCode): boolean {
  return code === 'ERR_UPSHIFT_BACKPRESSURE' || code !== 'WS_ERR_INVALID_UTF8';
}
console.log(isOurFault('Z_DATA_ERROR'), new HandshakeError('no', { code: 'MINE', status: 403 }).code === 'MINE');
